package trust

// returned judges goods that came back. If the last analysis found no fault, they stay
// visible as evidence of no weight.
func (j *judge) returned(facts []*Fact) {
	received := first(facts, "return.received")
	if received == nil {
		return
	}
	times := 1.0
	if analysed := last(facts, "return.analysed"); analysed != nil && analysed.Marks.has("no_fault") {
		times = 0
	}
	j.bad("return.received", received, received.Occurred, times)
}

// warranty judges one claim: the failure counts against quality, unless it came with a
// return, which counts already; our decision for or against responsiveness.
func (j *judge) warranty(facts []*Fact) {
	claimed := first(facts, "warranty.claimed")
	if claimed == nil {
		return
	}
	times := 1.0
	if claimed.Marks.has("returned") {
		times = 0
	}
	j.bad("warranty.claimed", claimed, claimed.Occurred, times)
	switch decided := last(facts, "warranty.decided"); {
	case decided == nil:
	case decided.Marks.has("accepted"):
		j.good("warranty.accepted", decided, decided.Occurred)
	default:
		j.bad("warranty.refused", decided, decided.Occurred, 1)
	}
}

// nonconformity judges one: that it was found, if nothing that counts already showed
// it, and whether what was done helped, as verified last.
func (j *judge) nonconformity(facts []*Fact) {
	opened := first(facts, "nonconformity.opened")
	if opened == nil {
		return
	}
	times := 0.0
	if !opened.Marks.has("known") && opened.Amount != nil {
		times = *opened.Amount / 3
	}
	j.bad("nonconformity.opened", opened, opened.Occurred, times)
	switch verified := last(facts, "nonconformity.effect_verified"); {
	case verified == nil:
	case verified.Marks.has("effective"):
		j.good("nonconformity.effective", verified, verified.Occurred)
	default:
		j.bad("nonconformity.not_effective", verified, verified.Occurred, 1)
	}
}
