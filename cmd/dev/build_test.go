//go:build unix

package dev

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatACommandHasStartedEndsWithIt(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := command(ctx, "sh", "-c", "sleep 3600 & echo on; wait")
	cmd.Stdout = in
	err = cmd.Start()
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("on\n"))); err != nil {
		t.Fatal(err)
	}
	end()
	if err := cmd.Wait(); err == nil {
		t.Error("Wait = nil, want an error: it was killed")
	}
	if _, err := io.ReadAll(out); err != nil { // which ends with the last that could write
		t.Error(err)
	}
}

func TestABuildThatIsOutdatedLeavesNoBinary(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	end() // so that the next build is over at once
	folder := t.TempDir()
	old := filepath.Join(folder, "program-1")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := &parent{Options: Options{Stderr: io.Discard}, folder: folder, builds: 1, building: true, dirty: true, built: make(chan binary)}
	p.finish(ctx, binary{path: old})
	if b := <-p.built; b.err == nil {
		t.Errorf("the next build has no error, want one: its context is over")
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("Stat of the outdated binary: %v, want none there", err)
	}
}

func TestAProgramThatMadeWayForNothingIsStartedAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asked bool
		err   error
		want  bool
	}{
		{"it made way", true, nil, true},
		{"it broke down", true, io.ErrUnexpectedEOF, false},
		{"it ended by itself", false, nil, false},
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "program")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		theirs, ours, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		theirs.Close()
		b := binary{path: path, name: "program"}
		p := &parent{Options: Options{Stdout: io.Discard, Stderr: io.Discard}, folder: folder, next: b, running: b, exited: make(chan error)}
		p.child = &child{pipe: ours, said: newTail(), asked: tt.asked}
		p.bury(tt.err)
		if got := p.child != nil; got != tt.want {
			t.Errorf("%s: started again: %t, want %t", tt.name, got, tt.want)
		}
		if p.child != nil {
			<-p.exited
			p.child.pipe.Close()
		}
		p.answer(nil)
	}
}
