/** The resource or one of its stores has changed since its sync began: nothing is written, and the resource is synced again. */
export class StaleReconcileError extends Error {
  constructor() {
    super('the resource or a store changed during its sync')
    this.name = 'SupersededPass'
  }
}
