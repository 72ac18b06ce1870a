package stats

// Subtotal returns some lines of a snapshot as one: their histograms are added up, as
// those of all rows are for the total. Groups are left out, whose requests have rows of
// their own.
func Subtotal(lines []*Line) Line {
	var sum Line
	rows := make([]Row, 0, len(lines))
	for _, l := range lines {
		if l.Method == Group {
			continue
		}
		rows = append(rows, l.Row)
		sum.Rate += l.Rate
		sum.FailRate += l.FailRate
		sum.Trend, sum.FailTrend = plusEach(sum.Trend, l.Trend), plusEach(sum.FailTrend, l.FailTrend)
	}
	sum.Row = total(rows, newMixer())
	return sum
}

// plusEach adds the steps of b to those of a, which it may change. Both end with the
// latest.
func plusEach(a, b []uint32) []uint32 {
	if len(a) < len(b) {
		a = append(make([]uint32, len(b)-len(a), len(b)), a...)
	}
	for i, n := range b {
		a[len(a)-len(b)+i] += n
	}
	return a
}
