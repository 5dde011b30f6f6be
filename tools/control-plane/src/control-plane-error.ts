/** No control plane is available on this machine; the message is one line with the reason and a remedy. */
export class ControlPlaneUnavailable extends Error {
  override readonly name = 'ControlPlaneUnavailable'
  /** Whether a usable Go toolchain was found. If so, a missing control plane is a failure and no reason to skip. */
  readonly goPresent: boolean

  constructor(message: string, options: { readonly goPresent: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.goPresent = options.goPresent
  }
}

/** The programs exist, but one of them did not start, exited, or missed a deadline; the message ends with its last log lines. */
export class ControlPlaneFailed extends Error {
  override readonly name = 'ControlPlaneFailed'
}
