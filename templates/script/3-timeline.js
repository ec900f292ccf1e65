// The timeline: zoom by button, by dragging and by key, and a walk along its events.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var picture = document.getElementById("chart");
    if (!picture) { return; }
    var chart = picture.querySelector("svg");
    var zero = Number(picture.dataset.start), total = Number(picture.dataset.minutes);
    var view = { a: 0, b: total };
    var cursor = document.getElementById("cursor");
    var zoom = document.getElementById("zoom");
    var brush = document.getElementById("brush");
    var pieces = Array.prototype.slice.call(chart.querySelectorAll("[data-a]"));
    var ticks = Array.prototype.slice.call(chart.querySelectorAll(".tick"));
    var zone = document.getElementById("filter") ? Number(document.getElementById("filter").dataset.offset) : 0;
    var events = pieces.map(function (piece) { return piece.closest("a"); }).filter(function (link, place, all) {
      return link && all.indexOf(link) === place;
    });
    events.sort(function (one, other) { return when(one) - when(other); });
    function when(link) { return Number(link.querySelector("[data-a]").dataset.a); }

    function percent(minute) { return (100 * (minute - view.a) / (view.b - view.a)).toFixed(3) + "%"; }
    function draw() {
      pieces.forEach(function (piece) {
        var a = Number(piece.dataset.a), b = Number(piece.dataset.b);
        if (piece.dataset.b && !piece.classList.contains("soft")) {
          // What goes on beyond the edge is drawn up to it, so that its label stays in sight.
          if (a < view.a && b > view.a) { a = view.a; }
          if (b > view.b && a < view.b) { b = view.b; }
        }
        piece.setAttribute("x", percent(a));
        if (piece.dataset.b) {
          var width = 100 * Math.max(b - a, 0) / (view.b - view.a);
          piece.setAttribute("width", width.toFixed(3) + "%");
          if (piece.classList.contains("segment")) {
            var letters = piece.querySelector("text").textContent.length;
            piece.classList.toggle("narrow", width / 100 * chart.clientWidth < 7 * letters + 12);
          }
        }
      });
      var days = (view.b - view.a) / 1440;
      ticks.forEach(function (tick, place) {
        var at = new Date((zero + zone + view.a + (view.b - view.a) * place / (ticks.length - 1)) * 60000).toISOString();
        tick.textContent = days > ticks.length ? at.slice(0, 10) : at.slice(5, 10) + " " + at.slice(11, 16);
      });
    }
    function show(a, b) {
      var length = Math.min(Math.max(b - a, 10), total);
      var begin = Math.max(0, Math.min(a, total - length));
      var detail = length >= total ? null : { from: zero + Math.round(begin), to: zero + Math.round(begin + length) };
      document.dispatchEvent(new CustomEvent("driftscan-range", { detail: detail }));
    }
    document.addEventListener("driftscan-filtered", function (event) {
      var from = event.detail.from === null ? 0 : event.detail.from - zero;
      var to = event.detail.to === null ? total : event.detail.to - zero;
      if (to - from >= 1 && (from !== view.a || to !== view.b)) { view = { a: from, b: to }; draw(); }
      commits = event.detail.commits;
      // The lists answer first: to paint thousands of dots anew takes as long as everything else.
      window.requestAnimationFrame(function () { window.setTimeout(fade); });
    });
    var commits = {}, faded = null;
    function fade() {
      if (faded === commits) { return; }
      faded = commits;
      events.forEach(function (link) {
        var id = (link.getAttribute("href") || "").slice(1);
        if (id in commits) { link.classList.toggle("faded", !commits[id]); }
      });
    }

    var moves = {
      earlier: function (length) { show(view.a - length / 2, view.b - length / 2); },
      later: function (length) { show(view.a + length / 2, view.b + length / 2); },
      "in": function (length) { show(view.a + length / 4, view.b - length / 4); },
      out: function (length) { show(view.a - length / 2, view.b + length / 2); },
      all: function () { show(0, total); }
    };
    function move(name) { moves[name](view.b - view.a); }
    zoom.hidden = false;
    zoom.addEventListener("click", function (event) {
      if (event.target.dataset.zoom) { move(event.target.dataset.zoom); }
    });

    // Dragging marks the range to look at.
    var begun = null;
    function share(event) {
      var box = chart.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    }
    chart.addEventListener("pointerdown", function (event) { if (event.button === 0) { begun = share(event); } });
    window.addEventListener("pointermove", function (event) {
      if (begun === null) { return; }
      var now = share(event);
      brush.setAttribute("x", (100 * Math.min(begun, now)).toFixed(2) + "%");
      brush.setAttribute("width", (100 * Math.abs(now - begun)).toFixed(2) + "%");
    });
    window.addEventListener("pointerup", function (event) {
      if (begun === null) { return; }
      var now = share(event), first = Math.min(begun, now), last = Math.max(begun, now), length = view.b - view.a;
      begun = null;
      brush.setAttribute("width", "0");
      if (last - first > 0.01) { show(view.a + first * length, view.a + last * length); }
    });
    chart.addEventListener("dragstart", function (event) { event.preventDefault(); });

    // One stop for the keyboard, and arrows from there.
    picture.tabIndex = 0;
    picture.setAttribute("role", "application");
    picture.setAttribute("aria-label", "Timeline: left and right go from event to event, Enter opens one, plus and minus zoom");
    var at = -1;
    function point(place) {
      if (!events.length) { return; }
      if (at >= 0) { events[at].classList.remove("pointed"); }
      at = Math.min(Math.max(place, 0), events.length - 1);
      events[at].classList.add("pointed");
      cursor.textContent = events[at].querySelector("title").textContent;
    }
    var keys = {
      ArrowRight: function () { point(at + 1); }, ArrowLeft: function () { point(at < 0 ? events.length - 1 : at - 1); },
      Home: function () { point(0); }, End: function () { point(events.length - 1); },
      Enter: function () { if (at >= 0 && events[at].hasAttribute("href")) { location.hash = events[at].getAttribute("href"); } },
      "+": function () { move("in"); }, "-": function () { move("out"); }, Escape: function () { move("all"); }
    };
    picture.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) { return; }
      event.preventDefault();
      keys[event.key]();
    });
    picture.addEventListener("blur", function () { if (at >= 0) { events[at].classList.remove("pointed"); } });
  });
})();
