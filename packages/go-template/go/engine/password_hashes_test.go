package engine

import (
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func render(t *testing.T, session Session, template Template) string {
	t.Helper()
	session.OutputBytes = 1 << 20
	output, failure := session.Render(template)
	if failure != nil {
		t.Fatal(failure.FullText)
	}
	return string(output)
}

func TestHashesVerify(t *testing.T) {
	for _, password := range []string{"", "hunter2", "pässwörd 世界", strings.Repeat("x", 72), "\x00\xff"} {
		data := map[string]string{"p": password}
		hash := render(t, Session{Data: data, Seed: "seed"}, Template{Name: "t", Text: `{{ bcrypt .p 5 }}`})
		if err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)); err != nil {
			t.Errorf("%q: %v", password, err)
		}
		user, hash, _ := strings.Cut(render(t, Session{Data: data, Seed: "seed"}, Template{Name: "t", Text: `{{ htpasswd "u" .p }}`}), ":")
		if err := bcrypt.CompareHashAndPassword([]byte(strings.TrimSuffix(hash, "\n")), []byte(password)); err != nil || user != "u" {
			t.Errorf("htpasswd of %q: %v", password, err)
		}
	}
}

func TestSalts(t *testing.T) {
	const saltEnd = len("$2a$04$") + 22
	salt := func(seed, name, text, password string) string {
		hash := render(t, Session{Data: map[string]string{"p": password}, Seed: seed}, Template{Name: name, Text: text})
		return hash[strings.Index(hash, "$"):][:saltEnd]
	}
	first := salt("seed", "t", `{{ bcrypt .p 4 }}`, "one")
	if salt("seed", "t", `{{ bcrypt .p 4 }}`, "two") != first {
		t.Error("a salt must tell nothing of the password")
	}
	for what, other := range map[string]string{
		"seed":     salt("other", "t", `{{ bcrypt .p 4 }}`, "one"),
		"template": salt("seed", "u", `{{ bcrypt .p 4 }}`, "one"),
		"call":     salt("seed", "t", `{{ $_ := bcrypt .p 4 }}{{ bcrypt .p 4 }}`, "one"),
	} {
		if other == first {
			t.Errorf("another %s must have another salt", what)
		}
	}
	if salt("seed", "t", `{{ htpasswd "a" .p }}`, "one") == salt("seed", "t", `{{ htpasswd "b" .p }}`, "one") {
		t.Error("another user must have another salt")
	}
}
