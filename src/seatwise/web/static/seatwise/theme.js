// Runs before paint, in the head, so that the page never flashes the wrong theme.
// The system's choice holds until somebody presses a [data-theme-toggle]; then theirs, on this browser.
(() => {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* a browser that stores nothing */ } };
  const apply = () => {
    root.classList.toggle("dark", (chosen() ?? (dark.matches ? "dark" : "light")) === "dark");
    dispatchEvent(new Event("themechange"));
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", (event) => { if (event.key === "theme") apply(); });
  addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    keep(root.classList.contains("dark") ? "light" : "dark");
    apply();
  });
})();
