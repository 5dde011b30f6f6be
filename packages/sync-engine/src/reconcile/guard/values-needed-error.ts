/** The target lacks values that it was assumed to have. The sync is repeated, and reads all secrets. */
export class ValuesNeededError extends Error {
  constructor() {
    super('the target lacks values that were not read')
    this.name = 'ValuesNeededError'
  }
}
