/** A script as it is written here. `$\{` means `${`, which would be an interpolation. */
export function scriptText({ raw: [text = ''] }: TemplateStringsArray): string {
  return text.replaceAll(String.raw`$\{`, '${')
}
