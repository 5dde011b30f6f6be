/** Passed from the global setup to the test files: a running control plane for each worker, or the reason why there is none. */
export type ProvidedControlPlanes = { readonly kubeconfigPaths: readonly string[] } | { readonly unavailable: string }

declare module 'vitest' {
  // Declares the types of `provide` and `inject` of Vitest.
  interface ProvidedContext {
    controlPlanes: ProvidedControlPlanes
  }
}
