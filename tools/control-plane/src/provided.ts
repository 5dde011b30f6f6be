/** Passed from the global setup to the test files: control planes that start, or the reason why there are none. */
export type ProvidedControlPlanes =
  | { readonly controlPlanes: readonly ProvidedControlPlane[] }
  | { readonly unavailable: string }

/** Paths of a shared control plane. */
export interface ProvidedControlPlane {
  readonly kubeconfigPath: string
  readonly auditLogPath: string
  /** Exists when the control plane is ready; contains the reason if it did not start. */
  readonly outcomePath: string
}

declare module 'vitest' {
  // Declares the types of `provide` and `inject` of Vitest.
  interface ProvidedContext {
    controlPlanes: ProvidedControlPlanes
  }
}
