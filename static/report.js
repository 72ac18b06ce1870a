// A report is drawn once: no frame ever comes.
"use strict";
when.tell(document.body);
document.dispatchEvent(new Event("frame"));
