// The page is complete without its scripts. This one sets the theme before anything is painted.
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
  });
})();
