// Prints what Go's regexp package makes of awkward patterns and replacements, as JSON.
// go run . > vectors.json
package main

import (
	"encoding/json"
	"os"
	"regexp"
)

type vector struct {
	Pattern     string `json:"pattern"`
	Replacement string `json:"replacement"`
	Input       string `json:"input"`
	Result      string `json:"result,omitempty"`
	Invalid     bool   `json:"invalid,omitempty"`
}

// Pattern, replacement, input.
var cases = [][3]string{
	{"^db_", "DB_", "db_host"},
	{"^db_", "DB_", "my_db_host"},
	{"_", "-", "a_b_c"},
	{"(.*)_(.*)", "$2.$1", "a_b_c"},
	{"(a)(b)?", "[$1|$2]", "a ab"},
	// Names of references.
	{"(a)", "$1x", "a"},
	{"(a)", "${1}x", "a"},
	{"(a)", "$1_", "a"},
	{"(a)", "${1}_", "a"},
	{"(a)", "$1-", "a"},
	{"(?P<x>a)", "$x", "ba"},
	{"(?P<x>a)", "${x}y", "ba"},
	{"(?P<x>a)", "$xy", "ba"},
	{"(?<x>a)", "<$x>", "ba"},
	{"(?P<x>a)|(?P<y>b)", "[$x$y]", "abc"},
	{"(?P<constructor>a)", "$constructor$toString", "a"},
	{"(?P<äö>a)", "$äö", "a"},
	{"(a)", "$1ä", "a"},
	{"(a)", "$1é€", "a"},
	{"(a)", "$١", "a"},
	{"(a)", "$", "a"},
	{"(a)", "$$", "a"},
	{"(a)", "$$1", "a"},
	{"(a)", "$$$1", "a"},
	{"(a)", "$$$$", "a"},
	{"(a)", "$ 1", "a"},
	{"(a)", "${", "a"},
	{"(a)", "${}", "a"},
	{"(a)", "${1", "a"},
	{"(a)", "${1 }", "a"},
	{"(a)", "${$1}", "a"},
	{"(a)", "x${1}${", "a"},
	{"(a)", "$0", "ba"},
	{"(a)", "$00", "ba"},
	{"(a)", "$01", "ba"},
	{"(a)", "$2", "ba"},
	{"(a)", "$10", "ba"},
	{"(a)", "$100000000", "ba"},
	{"(a)", "$999999999", "ba"},
	{"(a)", "$1000000000", "ba"},
	{"(a)", "$99999999999999999999", "ba"},
	{"(a)", "$-1", "ba"},
	{"(a)", `\1`, "ba"},
	{"(a)", "$&$`$'", "ba"},
	{"(a)", "$<x>", "ba"},
	{"(((((((((((a)))))))))))", "$11", "a"},
	// Empty matches.
	{"", "-", ""},
	{"", "-", "abc"},
	{"a*", "-", "baac"},
	{"a*", "-", "aaa"},
	{"x*", "-", "abc"},
	{"x*", "-", "😀é"},
	{"(a|b)*", "-", "5ab5"},
	{"a*?", "-", "aa"},
	{"$", "!", "abc"},
	{"^", "!", "abc"},
	{"\\b", "|", "ab cd"},
	{"\\B", "|", "ab cd"},
	{"(?m)^", ">", "a\nb"},
	{"(?m)$", "<", "a\nb"},
	{"a|", "-", "bab"},
	{"|a", "-", "bab"},
	{"(^a)", "x", "aaa"},
	{"\\ba", "x", "aaa a"},
	{"a\\z", "x", "aa"},
	// Unicode, classes, flags.
	{".", "x", "a😀é"},
	{"(?s).", "x", "a\nb"},
	{".", "x", "a\nb"},
	{"[^a]", "x", "a😀é"},
	{"\\p{Lu}", "($0)", "aÄBß"},
	{"\\pN", "#", "a1٣"},
	{"(?i)k", "x", "kK\u212a"},
	{"(?i)ſ", "x", "sSſ"},
	{"\\w", "x", "aé_1"},
	{"\\d", "x", "1٣"},
	{"\\s", "x", "a\u00a0b\vc\td"},
	{"[[:upper:]]", "x", "aBc"},
	{"[[:word:]]+", "x", "a-b_c"},
	{"\\Qa.b\\E", "x", "a.b aXb"},
	{"\\x{1F600}", "x", "a😀"},
	{"(?U)a+", "x", "aaa"},
	{"a{2}", "x", "aaaaa"},
	{"a{2,}?", "x", "aaaaa"},
	{"a{,2}", "x", "a{,2}"},
	{"(?i:A)b", "x", "ab aB"},
	{"[\\]-]", "x", "a]-"},
	{"^(a+)+$", "x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"},
	{"(a|ab)(c|bcd)(d*)", "[$1,$2,$3]", "abcd"},
	{"\\C", "x", "ab"},
	{"\\a\\f\\v", "x", "\a\f\v"},
	{"\\/", "x", "a/b"},
	{"\\-", "x", "a-b"},
	{"\\_", "x", "a_b"},
	{"\\pL+", "x", "añb1"},
	{"\\p{Greek}", "x", "aαb"},
	{"\\p{^Greek}", "x", "aαb"},
	{"[\\p{L}\\d]", "x", "é1-"},
	// Refused by Go.
	{"(", "", ""},
	{")", "", ""},
	{"[a", "", ""},
	{"a**", "", ""},
	{"*a", "", ""},
	{"a{2}{3}", "", ""},
	{"a{1001}", "", ""},
	{"(a{100}){100}", "", ""},
	{"a{2,1}", "", ""},
	{"(?=a)", "", ""},
	{"(?!a)", "", ""},
	{"(?<=a)b", "", ""},
	{"(?<!a)b", "", ""},
	{"(?>a)", "", ""},
	{"(a)\\1", "", ""},
	{"a++", "", ""},
	{"\\Z", "", ""},
	{"\\8", "", ""},
	{"\\h", "", ""},
	{"\\u0041", "", ""},
	{"\\é", "", ""},
	{"\\", "", ""},
	{"[b-a]", "", ""},
	{"[[:nope:]]", "", ""},
	{"\\p{Nope}", "", ""},
	{"(?P<>a)", "", ""},
	{"(?P<a-b>a)", "", ""},
	{"(?P=n)", "", ""},
	{"(?x)a b", "", ""},
	{"(?z)", "", ""},
	{"(?i", "", ""},
	{"\\x{110000}", "", ""},
	{"\\xz", "", ""},
}

func main() {
	vectors := make([]vector, 0, len(cases))
	for _, c := range cases {
		v := vector{Pattern: c[0], Replacement: c[1], Input: c[2]}
		if re, err := regexp.Compile(c[0]); err != nil {
			v.Invalid = true
		} else {
			v.Result = re.ReplaceAllString(c[2], c[1])
		}
		vectors = append(vectors, v)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(vectors); err != nil {
		panic(err)
	}
}
