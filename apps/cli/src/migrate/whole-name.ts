/** A regular expression that matches the whole name of a namespace, from one that matches anywhere in it. */
export function wholeName(regex: string): string {
  return /^\^[^|]*\$$/.test(regex) ? regex : `.*(?:${regex}).*`
}
