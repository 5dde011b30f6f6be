/** No control plane can be had on this machine: one line saying why and what to do. */
export class ControlPlaneUnavailable extends Error {
  override readonly name = 'ControlPlaneUnavailable'
  /** Whether a usable Go toolchain was found. With one, not getting a control plane is a failure and no reason to skip. */
  readonly goPresent: boolean

  constructor(message: string, options: { readonly goPresent: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.goPresent = options.goPresent
  }
}

/** The programs were there, but one of them did not start, died, or missed a deadline; the message ends with its last log lines. */
export class ControlPlaneFailed extends Error {
  override readonly name = 'ControlPlaneFailed'
}
