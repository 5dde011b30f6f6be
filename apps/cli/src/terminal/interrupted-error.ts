/** The user has pressed Ctrl-C: exit code 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted')
  }
}
