/** Where and why a text is not YAML that we take. `message` never quotes the text. */
export class YamlSyntaxError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}
