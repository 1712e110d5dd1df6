// What pages do beyond links and forms. Everything works without it; no code ever comes from the server's answers.
(() => {
  const all = (root, selector) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];

  // A dialog arrives as a fragment in #dialog and opens itself; closed, it is gone, with whatever was typed in it.
  // Focus goes back to what opened it, also after the server answered with the dialog once more.
  let opener;
  const open = (root) => all(root, "dialog[data-open]").forEach((dialog) => {
    if (dialog.open) return;
    const active = document.activeElement;
    if (active && active !== document.body && !active.closest("dialog")) opener = active;
    dialog.addEventListener("close", () => { dialog.remove(); if (opener?.isConnected) opener.focus(); }, { once: true });
    dialog.showModal();
    (dialog.querySelector("[data-invalid] :is(input, select)") ?? dialog.querySelector("[autofocus]"))?.focus();
  });

  // Only a change of state is read out, not every tick of a progress.
  let announced;
  const announce = (root) => all(root, "[data-announce]").forEach((element) => {
    const text = element.dataset.announce, region = document.getElementById("announcer");
    if (announced !== undefined && text !== announced && region) region.textContent = text;
    announced = text;
  });

  const UNITS = [[60, 3570, "minute"], [3600, 84600, "hour"], [86400, 2246400, "day"], [2630016, 30240000, "month"], [31557600, Infinity, "year"]];
  const ago = (seconds) => {
    const span = Math.abs(seconds), ahead = seconds < 0;
    if (span < 45) return ahead ? "in a moment" : "just now";
    const [length, , unit] = UNITS.find(([, limit]) => span < limit), amount = Math.max(1, Math.round(span / length));
    const text = `${amount} ${unit}${amount > 1 ? "s" : ""}`;
    return ahead ? `in ${text}` : `${text} ago`;
  };
  const tick = () => document.querySelectorAll("time[data-relative]").forEach((time) => {
    time.textContent = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
  });
  setInterval(tick, 20000);

  const trouble = (shown) => { const box = document.getElementById("trouble"); if (box) box.hidden = !shown; };

  addEventListener("DOMContentLoaded", () => { open(document); announce(document); });
  addEventListener("htmx:load", (event) => { open(event.target); announce(event.target); });
  addEventListener("htmx:sendError", () => trouble(true));
  addEventListener("htmx:responseError", () => trouble(true));
  addEventListener("htmx:beforeSwap", () => trouble(false));

  addEventListener("click", async (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("[data-close]")) at("dialog")?.close();
    if (at("[data-dismiss]")) at(".notice").remove();
    const reveal = at("[data-reveal]"), copy = at("[data-copy]");
    if (reveal) {
      const input = document.getElementById(reveal.dataset.reveal), shown = input.type === "text";
      input.type = shown ? "password" : "text";
      reveal.setAttribute("aria-pressed", String(!shown));
    }
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      document.getElementById("announcer").textContent = "Copied";
      copy.classList.add("copied");
      setTimeout(() => copy.classList.remove("copied"), 1500);
    }
  });

  // A form that takes a while (the vendor is asked) says so, and is sent once.
  addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    event.target.setAttribute("aria-busy", "true");
    setTimeout(() => all(document, `button[type=submit]`).forEach((b) => { if (b.form === event.target) b.disabled = true; }));
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach((form) => {
    form.removeAttribute("aria-busy");
    [...form.elements].forEach((element) => { if (element.type === "submit") element.disabled = false; });
  }));
})();
