// Copying, and paper that shows what is folded.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    function said(button, word) {
      var label = button.textContent;
      button.textContent = word;
      window.setTimeout(function () { button.textContent = label; }, 1500);
    }
    function select(node) {
      var range = document.createRange();
      range.selectNodeContents(node);
      window.getSelection().removeAllRanges();
      window.getSelection().addRange(range);
    }
    document.querySelectorAll(".command").forEach(function (line) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      line.append(" ", button);
    });
    document.querySelectorAll("button.copy").forEach(function (button) {
      var source = button.parentNode.querySelector("pre, code");
      button.hidden = false;
      button.addEventListener("click", function () {
        var text = source.textContent;
        // Where a page may not write to the clipboard, the text is selected for the reader to copy.
        if (!navigator.clipboard) { select(source); said(button, "Selected"); return; }
        navigator.clipboard.writeText(text).then(
          function () { said(button, "Copied"); }, function () { select(source); said(button, "Selected"); });
      });
    });

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
