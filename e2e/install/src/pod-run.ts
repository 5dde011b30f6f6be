/** The fields of a pod that restrict its one container. */
export interface PodSecurity {
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean
    readonly runAsUser?: number
    readonly runAsGroup?: number
    readonly seccompProfile?: { readonly type: string }
  }
  readonly containers: readonly [
    {
      readonly securityContext?: {
        readonly allowPrivilegeEscalation?: boolean
        readonly readOnlyRootFilesystem?: boolean
        readonly capabilities?: { readonly drop?: readonly string[] }
      }
    },
  ]
}

/** A pod to run. */
export interface PodRun {
  readonly pod: PodSecurity
  /** Follows the entrypoint of the image, or replaces it. */
  readonly command: { readonly args: readonly string[] } | { readonly instead: readonly string[] }
  readonly env: Readonly<Record<string, string>>
  /** Read-only files and directories: path in the container → path on this machine. */
  readonly mounts: Readonly<Record<string, string>>
}
