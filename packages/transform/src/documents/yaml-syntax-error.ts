/** Position and cause of an error in YAML, or of YAML that is not supported. `message` never quotes the text. */
export class YamlSyntaxError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}
