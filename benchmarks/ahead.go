package main

import (
	"slices"
	"strings"

	"github.com/weirmq/weir/benchmarks/stats"
)

// A lead is that of a peer that is ahead of Weir in a scenario.
type lead struct {
	scenario scenario
	peer     *peer
	ratio    stats.Spread // Weir's figure by the peer's; unknown where such a ratio would say nothing
}

// rival says whether p may be ahead of Weir: it is neither Weir otherwise set, nor the limit.
func (p *peer) rival() bool { return p.program != "weir" && p.name != "raw" }

// leads are those of all peers that are ahead of Weir in what a scenario is about, by the median.
func leads(all []scenario, peers []*peer, r *results) []lead {
	var found []lead
	for _, s := range all {
		for _, p := range peers {
			if !p.rival() {
				continue
			}
			if v, ahead := s.behind(p, r); ahead {
				found = append(found, lead{s, p, v})
			}
		}
	}
	return found
}

// behind says whether Weir is behind p, and by what ratio. Growth may be none, or less: it is compared as it is.
func (s scenario) behind(p *peer, r *results) (ratio stats.Spread, is bool) {
	f := s.figure()
	if s.way == steady {
		return stats.Of(nil), r.spread(s.name(), "weir", f.key).Median > r.spread(s.name(), p.name, f.key).Median
	}
	ratio = r.ratio(s.name(), p.name, f.key)
	if f.less {
		return ratio, ratio.Median > 1
	}
	return ratio, ratio.Median < 1
}

// ahead prints who is ahead of Weir, and where; or that nobody is, if anybody was compared.
func (t *table) ahead(all []scenario, r *results) {
	compared := slices.ContainsFunc(r.records, func(rec record) bool {
		return slices.ContainsFunc(t.peers, func(p *peer) bool { return p.name == rec.peer && p.rival() })
	})
	if !compared {
		return
	}
	found := leads(all, t.peers, r)
	say(t.to, "", "Ahead of Weir: the rows in which a peer does better, by the median (the raw limit is no peer)")
	if len(found) == 0 {
		say(t.to, "none")
		return
	}
	say(t.to, padded("", nameWidth)+left("peer", peerWidth)+left("its figure", peerWidth)+left("weir", peerWidth)+left("weir : peer", ratioWidth))
	for _, l := range found {
		f := l.scenario.figure()
		its, own := r.spread(l.scenario.name(), l.peer.name, f.key), r.spread(l.scenario.name(), "weir", f.key)
		row := padded(l.scenario.name(), nameWidth) + left(l.peer.name, peerWidth) + left(f.word(its.Median), peerWidth) + left(f.word(own.Median), peerWidth)
		say(t.to, strings.TrimRight(row+left(spreadOf(l.ratio), ratioWidth), " "))
	}
}
