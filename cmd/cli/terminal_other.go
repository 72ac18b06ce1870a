//go:build !unix

package cli

import "os"

func terminalWidth(*os.File) int { return 0 }

func ignoreTerminalStops() {}

func fileLimit() (limit uint64, known bool) { return 0, false }
