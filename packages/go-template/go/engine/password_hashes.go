package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"text/template"

	"golang.org/x/crypto/bcrypt"
)

const maxPasswordBytes = 72

// passwordHashes computes the bcrypt hashes of one template, with the same salts on every rendering.
//
// A salt is derived from the seed, the template's name, the user and the number of the call. The password is not used: a
// salt is readable in the hash. A salt from the password would let an attacker test guesses without computing bcrypt.
type passwordHashes struct {
	seed     string
	template string
	calls    map[string]uint32
}

func (h passwordHashes) functions() template.FuncMap {
	return template.FuncMap{
		"bcrypt": func(password string, cost ...int) (string, error) {
			if len(cost) == 0 {
				cost = []int{bcrypt.DefaultCost}
			}
			return h.hash("", password, cost[0])
		},
		"htpasswd": func(user, password string) (string, error) {
			hash, err := h.hash(user, password, bcrypt.DefaultCost)
			return user + ":" + hash + "\n", err
		},
	}
}

func (h passwordHashes) hash(user, password string, cost int) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", problem(fmt.Sprintf("bcrypt takes passwords of at most %d bytes", maxPasswordBytes))
	}
	if cost > bcrypt.MaxCost {
		return "", problem(fmt.Sprintf("the cost is at most %d", bcrypt.MaxCost))
	}
	h.calls[user]++
	// The only way to set bcrypt's salt. It is safe because no other code runs in this single thread.
	original := rand.Reader
	defer func() { rand.Reader = original }()
	rand.Reader = bytes.NewReader(h.salt(user, h.calls[user]))
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	return string(hash), err
}

func (h passwordHashes) salt(user string, call uint32) []byte {
	mac := hmac.New(sha256.New, []byte(h.seed))
	for _, part := range []string{h.template, user} {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		mac.Write([]byte(part))
	}
	mac.Write(binary.BigEndian.AppendUint32(nil, call))
	return mac.Sum(nil)
}
