/** What the global set-up hands to the test files: a running control plane for each worker, or why there is none. */
export type ProvidedControlPlanes = { readonly kubeconfigPaths: readonly string[] } | { readonly unavailable: string }

declare module 'vitest' {
  // Vitest's own way to type what is provided and injected.
  interface ProvidedContext {
    controlPlanes: ProvidedControlPlanes
  }
}
