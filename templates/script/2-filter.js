// Search, filters and order. What is chosen stands in the address, as "#?severity=high&q=shop".
(function () {
  "use strict";
  var NAMES = ["q", "severity", "server", "directive", "pattern", "who", "from", "to", "sort"];
  var FACETS = ["severity", "server", "directive", "pattern", "who"];

  document.addEventListener("DOMContentLoaded", function () {
    var box = document.getElementById("filter");
    if (!box) { return; }
    box.hidden = false;
    // Without the script such a link leads to the list.
    document.querySelectorAll("a[data-ask]").forEach(function (link) { link.href = "#?" + link.dataset.ask; });
    if (window.matchMedia("(max-width: 46rem)").matches) { box.open = false; }
    var count = document.getElementById("filter-count");
    var zone = Number(box.dataset.offset);
    var fields = {};
    var values = {};
    NAMES.forEach(function (name) { fields[name] = box.querySelector("[name=" + name + "]"); });
    FACETS.forEach(function (name) {
      var field = fields[name];
      var options = !field ? [] : field.options || field.list.options;
      values[name] = Array.prototype.map.call(options, function (option) { return option.value; }).filter(Boolean);
    });
    var rows = Array.prototype.map.call(document.querySelectorAll("article[data-severity], article.step, article.finding"), read);
    var empty = document.querySelectorAll("[data-none]"), groups = document.querySelectorAll(".lives");

    function read(node, place) {
      var data = node.dataset;
      var marks = {};
      FACETS.forEach(function (name) { marks[name] = data[name] ? data[name].split(" ").map(run) : []; });
      return {
        node: node, place: place, marks: marks, text: null, step: node.classList.contains("step"),
        begin: data.begin ? Number(data.begin) : -Infinity, end: data.end ? Number(data.end) : node.classList.contains("step") ? Number(data.begin) : Infinity
      };
    }
    function run(text) {
      var ends = text.split("-");
      return [Number(ends[0]), Number(ends[ends.length - 1])];
    }
    function textOf(row) {
      if (row.text === null) { row.text = row.node.textContent.toLowerCase(); }
      return row.text;
    }
    // Reading the text of thousands of commits takes a while: it is done before anybody types.
    var unread = 0;
    function readAhead(idle) {
      while (unread < rows.length && idle.timeRemaining() > 2) { textOf(rows[unread]); unread += 1; }
      if (unread < rows.length) { window.requestIdleCallback(readAhead); } else { hideOnce(rows[rows.length - 1]); }
    }
    // The first row that is hidden costs as much as a thousand later ones: that too is done before anybody waits for it.
    function hideOnce(row) {
      if (!row || row.node.hidden) { return; }
      row.node.hidden = true;
      row.node.parentNode.getBoundingClientRect();
      row.node.hidden = false;
    }
    if (window.requestIdleCallback) { window.requestIdleCallback(readAhead); }

    function minutes(field) {
      var found = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(field.value);
      return found ? Date.UTC(found[1], found[2] - 1, found[3], found[4], found[5]) / 60000 - zone : null;
    }
    function dated(minute) { return new Date((minute + zone) * 60000).toISOString().slice(0, 16); }

    // For each facet the places of the values that are wanted; null where all are.
    function wanted(name) {
      var chosen = fields[name] ? fields[name].value.trim().toLowerCase() : "";
      if (!chosen) { return null; }
      if (name === "severity") { return values.severity.indexOf(chosen) + 1; }
      return values[name].map(function (value, place) {
        var said = value.toLowerCase();
        return (name === "server" ? said.indexOf(chosen) >= 0 : said === chosen) ? place : -1;
      }).filter(function (place) { return place >= 0; });
    }
    function has(runs, places) {
      return runs.some(function (ends) {
        // Of severities, the number of the worst ones.
        if (typeof places === "number") { return ends[0] < places; }
        return places.some(function (place) { return ends[0] <= place && place <= ends[1]; });
      });
    }

    function apply() {
      var words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      var asked = FACETS.map(function (name) { return [name, wanted(name)]; }).filter(function (pair) { return pair[1] !== null; });
      var from = minutes(fields.from), to = minutes(fields.to);
      var shown = { steps: 0, findings: 0 }, all = { steps: 0, findings: 0 }, commits = {};
      rows.forEach(function (row) {
        var fits = (from === null || row.end >= from) && (to === null || row.begin <= to) &&
          asked.every(function (pair) { return has(row.marks[pair[0]], pair[1]); }) &&
          words.every(function (word) { return textOf(row).indexOf(word) >= 0; });
        if (row.node.hidden === fits) { row.node.hidden = !fits; }
        var kind = row.step ? "steps" : "findings";
        all[kind] += 1;
        if (fits) { shown[kind] += 1; }
        if (row.step) { commits[row.node.id] = fits; }
      });
      var narrowed = words.length > 0 || asked.length > 0 || from !== null || to !== null;
      count.textContent = narrowed ?
        shown.steps + " of " + all.steps + " commits, " + shown.findings + " of " + all.findings + " findings" : "";
      empty.forEach(function (line) {
        line.hidden = !(narrowed && all[line.dataset.none] && !shown[line.dataset.none]);
      });
      groups.forEach(function (list) {
        list.hidden = !list.querySelector("article:not([hidden])");
      });
      document.dispatchEvent(new CustomEvent("driftscan-filtered", { detail: { from: from, to: to, commits: commits } }));
    }

    var order = "";
    function sort() {
      var now = fields.sort.value;
      if (now === order) { return; }
      order = now;
      function worst(row) { return row.marks.severity.length ? row.marks.severity[0][0] : 9; }
      var sorted = rows.slice().sort(function (one, other) {
        var by = { newest: other.begin - one.begin, oldest: one.begin - other.begin, worst: worst(one) - worst(other) }[now];
        return by || one.place - other.place;
      });
      sorted.forEach(function (row) { row.node.parentNode.appendChild(row.node); });
    }

    function remember() {
      var parts = NAMES.filter(function (name) { return fields[name] && fields[name].value; }).map(function (name) {
        return name + "=" + encodeURIComponent(fields[name].value);
      });
      history.replaceState(null, "", parts.length ? "#?" + parts.join("&") : location.pathname + location.search);
    }
    // Browsers allow a page few new addresses in a while, and each costs a layout: it waits until nobody types any more.
    var waiting = 0;
    function changed() {
      sort();
      apply();
      window.clearTimeout(waiting);
      waiting = window.setTimeout(remember, 200);
    }
    function clear() { NAMES.forEach(function (name) { if (fields[name]) { fields[name].value = ""; } }); }

    function fromAddress() {
      window.clearTimeout(waiting);
      if (location.hash.slice(0, 2) === "#?") {
        clear();
        location.hash.slice(2).split("&").forEach(function (part) {
          var pair = part.split("=");
          if (!Object.prototype.hasOwnProperty.call(fields, pair[0]) || !fields[pair[0]]) { return; }
          try { fields[pair[0]].value = decodeURIComponent(pair.slice(1).join("=")); } catch (error) { /* not ours */ }
        });
        sort();
        apply();
        box.scrollIntoView();
      } else if (location.hash.length > 1) {
        var target = document.getElementById(location.hash.slice(1));
        if (!target) { return; }
        // A link always leads to what it names, whatever is hidden or folded.
        if (target.closest("[hidden]")) { clear(); sort(); apply(); }
        for (var fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) { fold.open = true; }
        leadTo(target, 4);
      }
    }
    // Commits far away are laid out when they come into sight, and what is beneath them moves: it takes a few frames.
    function leadTo(target, frames) {
      target.scrollIntoView({ behavior: "instant" });
      if (frames > 0) { window.requestAnimationFrame(function () { leadTo(target, frames - 1); }); }
    }
    NAMES.forEach(function (name) { if (fields[name]) { fields[name].addEventListener("input", changed); } });
    document.getElementById("filter-clear").addEventListener("click", function () { clear(); changed(); });
    document.addEventListener("driftscan-range", function (event) {
      fields.from.value = event.detail ? dated(event.detail.from) : "";
      fields.to.value = event.detail ? dated(event.detail.to) : "";
      changed();
    });
    window.addEventListener("hashchange", fromAddress);
    fromAddress();
  });
})();
