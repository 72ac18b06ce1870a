//go:build !unix

package health

import "time"

func used() time.Duration { return 0 }
