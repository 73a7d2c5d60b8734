package report

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// byTopic returns the matrix of counts: one row for each topic, which is the folder of
// the scenarios' files, and one for all of them.
func byTopic(r *Report) matrix {
	const all = ""
	type key struct {
		topic, selector string
		verdict         Verdict
	}
	var topics []string
	topicOf, scenarios, results := map[string]string{}, map[string]int{}, map[key]int{}
	for _, s := range r.Scenarios {
		topic := path.Base(path.Dir(s.File))
		topicOf[s.ID], topics = topic, appendNew(topics, topic)
		scenarios[topic]++
		scenarios[all]++
	}
	for _, res := range r.Results {
		results[key{topicOf[res.Scenario], res.Selector, res.Verdict}]++
		results[key{all, res.Selector, res.Verdict}]++
	}
	m := matrix{corner: "topic (scenarios)", selectors: r.Selectors()}
	for _, topic := range append(topics, all) {
		row := matrixRow{label: fmt.Sprintf("%s (%d)", topic, scenarios[topic])}
		if topic == all {
			row.label = fmt.Sprintf("all (%d)", scenarios[all])
		}
		for _, s := range m.selectors {
			var c matrixCell
			for _, v := range Verdicts() {
				most, n := results[key{all, s, v}], results[key{topic, s, v}]
				if most == 0 {
					continue
				}
				text := fmt.Sprintf("%*d %s  ", len(fmt.Sprint(most)), n, verdicts[v].mark)
				if n == 0 { // the place stays, so that counts stand below each other
					text = strings.Repeat(" ", utf8.RuneCountInString(text))
				} else {
					c.verdict = max(c.verdict, v)
				}
				c.text += text
			}
			c.text = strings.TrimRight(c.text, " ")
			row.cells = append(row.cells, c)
		}
		m.rows = append(m.rows, row)
	}
	return m
}
