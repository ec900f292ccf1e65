(
    python=@PYTHON@
    repository=@REPOSITORY@
    git_dir=@GIT_DIR@
    gate=@GATE@
    # These hooks may serve other repositories and linked work trees too.
    [ "$(pwd -P)" = "$repository" ] || exit 0
    # In a hook these name an index, an author and settings of the commit that runs it.
    for name in $(env | sed -n 's/^\(GIT_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
    @UNTIL_REBASED@
    # Whether a commit since the last one that was looked at touches anything that nginx's TLS rests on.
    is_news() {
        tab=$(printf '\t')
        [ -r "$gate" ] && IFS= read -r last <"$gate" || return 0
        case $last in "" | *[!0-9a-f]*) return 0 ;; esac
        counts=$(git rev-list --first-parent --left-right --count "$last...HEAD" -- 2>/dev/null) || return 0
        # Rewritten history, or so many commits that python is quicker.
        case $counts in "0$tab"*) ;; *) return 0 ;; esac
        [ "${counts#*"$tab"}" -le 50 ] || return 0
        set -- -c core.quotePath=false -c log.showSignature=false -c diff.noprefix=false --no-pager
        said=$(git "$@" log --first-parent --format=%B "$last..HEAD" --) || return 0
        printf '%s\n' "$said" | LC_ALL=C grep -Eq '^[-+].*(@PACKAGES@)'
        [ $? -eq 1 ] || return 0
        set -- "$@" log --first-parent -m --no-renames --no-color --format=
        names=$(git "$@" --name-status "$last..HEAD" --) || return 0
        modes=$(git "$@" --patch --no-ext-diff --no-textconv --text -U0 "$last..HEAD" -- .etckeeper) || return 0
        printf '%s\n' "$names" "$modes" | LC_ALL=C awk -F "$tab" '
            NR == FNR { known[$0]; next }
            /^[-+]/ {
                parts = split($0, part, "\047")
                path = parts > 1 ? part[parts - 1] : ""
                sub(/^\.\//, "", path)
                # A name with a quote in it is written with more of them.
                if ((parts != 1 && parts != 3 && parts != 5) || ("mode" FS path) in known) news = 1
                next
            }
            /^[A-Z]/ {
                path = $2
                # git quotes a name that would not stay on its line.
                if (path ~ /^"/ || ("path" FS path) in known) news = 1
                if (path == ".etckeeper" && $1 != "M") news = 1
                while (path != "") {
                    if (!sub(/\/[^\/]*$/, "", path)) path = ""
                    if (("below" FS path) in known) news = 1
                    if ($1 !~ /^[MT]/ && ("names" FS path) in known) news = 1
                }
            }
            END { exit news ? 0 : 3 }
        ' "$gate" -
        [ $? -ne 3 ]
    }
    is_news || exit 0
    if [ -x "$python" ]; then
        env -i PATH="$PATH" HOME=/ "$python" -I -m driftscan @CONFIG@hook run -C "$repository"
    else
        echo "driftscan: $python is gone; run \`driftscan hook install\` again, or \`hook uninstall\`"
    fi
) </dev/null >&2 || :
