/** The resource or one of its stores changed during the sync. Nothing is written, and the resource is requeued. */
export class StaleReconcileError extends Error {
  constructor() {
    super('the resource or a store changed during its sync')
    this.name = 'StaleReconcileError'
  }
}
