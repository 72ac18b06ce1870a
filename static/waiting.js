// The page of a program that does not run yet: loaded anew once it does, or when there is
// something else to say.
"use strict";
setInterval(async () => {
  try {
    const response = await fetch(document.body.dataset.ask);
    if (response.headers.get("Gregaria-Waiting") !== document.body.dataset.news) location.reload();
  } catch { /* nobody answers: the next time */ }
}, 700);
