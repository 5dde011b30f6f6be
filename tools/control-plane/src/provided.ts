/** Passed from the global setup to the test files: running control planes, or the reason why there are none. */
export type ProvidedControlPlanes =
  | { readonly controlPlanes: readonly ProvidedControlPlane[] }
  | { readonly unavailable: string }

/** Files of a shared control plane. */
export interface ProvidedControlPlane {
  readonly kubeconfigPath: string
  readonly auditLogPath: string
}

declare module 'vitest' {
  // Declares the types of `provide` and `inject` of Vitest.
  interface ProvidedContext {
    controlPlanes: ProvidedControlPlanes
  }
}
