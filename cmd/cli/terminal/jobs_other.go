//go:build !unix

package terminal

import "os"

const kindNeeded = false

func foreground(*os.File) bool { return true }

func onContinue(done <-chan struct{}, _ func()) { <-done }

func suspend() {}
