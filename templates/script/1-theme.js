// The page is complete without this script: it adds a theme switch, a filter, and opens all folds for printing.
(function () {
  "use strict";
  var themes = ["auto", "light", "dark"];
  var root = document.documentElement;

  function remembered() {
    try { return localStorage.getItem("driftscan-theme") || "auto"; } catch (error) { return "auto"; }
  }
  function setTheme(theme) {
    if (theme === "auto") { root.removeAttribute("data-theme"); } else { root.setAttribute("data-theme", theme); }
    try { localStorage.setItem("driftscan-theme", theme); } catch (error) { /* a page from file:// may have no storage */ }
  }
  var theme = themes.indexOf(remembered()) < 0 ? "auto" : remembered();
  setTheme(theme);

  document.addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme");
    function label() { button.textContent = "Theme: " + theme; }
    button.hidden = false;
    label();
    button.addEventListener("click", function () {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      setTheme(theme);
      label();
    });

    var box = document.getElementById("filter");
    var input = document.getElementById("filter-text");
    var count = document.getElementById("filter-count");
    var steps = Array.prototype.slice.call(document.querySelectorAll("article.step"));
    var texts = steps.map(function (step) { return step.textContent.toLowerCase(); });
    function filter() {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      steps.forEach(function (step, number) {
        var fits = words.every(function (word) { return texts[number].indexOf(word) >= 0; });
        step.hidden = !fits;
        shown += fits ? 1 : 0;
      });
      count.textContent = words.length ? shown + " of " + steps.length : "";
    }
    function fromAddress() {
      var found = /^#q=(.*)$/.exec(location.hash);
      if (found) {
        try { input.value = decodeURIComponent(found[1]); } catch (error) { input.value = ""; }
        filter();
      } else if (location.hash && input.value) {
        var target = document.getElementById(location.hash.slice(1));
        if (target && target.closest("[hidden]")) { input.value = ""; filter(); target.scrollIntoView(); }
      }
    }
    if (steps.length > 1) {
      box.hidden = false;
      input.addEventListener("input", function () {
        filter();
        history.replaceState(null, "", input.value ? "#q=" + encodeURIComponent(input.value) : "#changes");
      });
      window.addEventListener("hashchange", fromAddress);
      fromAddress();
    }

    var opened = [];
    window.addEventListener("beforeprint", function () {
      opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
      opened.forEach(function (fold) { fold.open = true; });
    });
    window.addEventListener("afterprint", function () {
      opened.forEach(function (fold) { fold.open = false; });
    });
  });
})();
