package traffic

import (
	"os"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

func TestMain(m *testing.M) { os.Exit(modtest.Run(m)) }
