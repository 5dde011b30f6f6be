/** The user has not agreed to a change: exit code 1. */
export class DeclinedError extends Error {
  override readonly name = 'DeclinedError'

  constructor() {
    super('not confirmed: nothing is changed')
  }
}
