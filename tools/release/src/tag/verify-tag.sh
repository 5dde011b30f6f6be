#!/usr/bin/env bash
# verify-tag.sh TAG COMMIT: prints the version that a tag releases. Fails with the reason unless the tag names COMMIT and the version of
# its package.json, is on main, and has an SSH signature by a key of .github/allowed_signers on main.
set -euo pipefail
tag=$1
commit=$2
SIGNERS=.github/allowed_signers

refuse() {
  echo "::error::$tag $*" >&2
  exit 1
}

case "$tag" in *-*) refuse 'is a pre-release, which this workflow cannot publish' ;; esac
[ "$(git cat-file -t "refs/tags/$tag")" = tag ] || refuse 'is not an annotated tag; make it with git tag -s'
[ "$(git rev-parse "refs/tags/$tag^{commit}")" = "$commit" ] || refuse "does not name the commit $commit: it was moved"
git merge-base --is-ancestor "$commit" origin/main || refuse 'is not on main'

# The current list, so that a removed key cannot sign an old commit.
list=$(mktemp)
trap 'rm -f "$list"' EXIT
git show "origin/main:$SIGNERS" > "$list" || refuse "cannot be verified: main has no $SIGNERS"
grep -Eq '^[[:space:]]*[^#[:space:]]' "$list" || refuse "cannot be verified: add the key of a maintainer to $SIGNERS on main, as its comment shows"
git cat-file tag "refs/tags/$tag" | grep -q '^-----BEGIN SSH SIGNATURE-----$' ||
  refuse 'has no SSH signature; set gpg.format to ssh and make it with git tag -s'
git -c gpg.format=ssh -c "gpg.ssh.allowedSignersFile=$list" verify-tag "refs/tags/$tag" >&2 ||
  refuse "is not signed by a key of $SIGNERS on main"

version=$(git show "$commit:package.json" | sed -n 's/^  "version": "\(.*\)",$/\1/p')
[ "v$version" = "$tag" ] || refuse "does not name the version of package.json, which is $version"
echo "$version"
