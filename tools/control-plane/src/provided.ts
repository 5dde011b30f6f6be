/** What the global set-up hands to the test files: a running control plane, or why there is none. */
export type ProvidedControlPlane = { readonly kubeconfigPath: string } | { readonly unavailable: string }

declare module 'vitest' {
  // Vitest's own way to type what is provided and injected.
  interface ProvidedContext {
    controlPlane: ProvidedControlPlane
  }
}
