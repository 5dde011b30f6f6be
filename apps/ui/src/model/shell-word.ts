/** A word for a shell. Names of Kubernetes need no quotes; others, such as those of a broken API server, are quoted. Pure. */
export function shellWord(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
