// Times of day, in the zone that the page asks for: the browser's, or UTC.
"use strict";
const when = (() => {
  const made = new Map(); // formats, for making one takes long
  const format = (seconds, zone) => {
    const key = `${seconds} ${zone}`;
    if (!made.has(key)) {
      made.set(key, new Intl.DateTimeFormat("en-GB", {
        hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, timeZone: zone,
      }));
    }
    return made.get(key);
  };
  const zone = () => document.querySelector("[data-zone]")?.dataset.zone === "utc" ? "UTC" : undefined;

  // date is a Date, its text or milliseconds since 1970.
  const clock = (date, seconds = true) => format(seconds, zone()).format(new Date(date));

  // tell puts the reader's times in place of the server's.
  const tell = (root) => {
    for (const t of root.querySelectorAll("time[datetime]")) t.textContent = clock(t.dateTime);
  };
  return { zone, clock, tell };
})();
