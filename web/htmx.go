package web

// htmxConfig turns off what the page does not use, above all what its content
// policy forbids, and says when a lost websocket is tried again. Frames are laid
// over the page by ids and positions: rows have ids, so nothing need be guessed, and table.js lays them over each other.
const htmxConfig = `{"includeIndicatorCSS":false,"history":false,"extensions":"ws, rows",` +
	`"morphIgnore":["data-htmx-powered","open"],"morphScanLimit":0,` +
	`"ws":{"reconnectDelay":300,"reconnectMaxDelay":5000,"reconnectCodes":[1000,1001,1005,1006,1011,1012,1013,1014,4000]}}`
