import type { PodRun } from '@ack-secret-manager/e2e-install/pod-run'
import type { ImageConfig } from './built-image.ts'

/** Options of {@link containerConfig}. */
export interface ContainerOptions extends PodRun {
  readonly image: ImageConfig
  /** Root directory of the unpacked image. */
  readonly root: string
  /** The `RuntimeDefault` profile in the format of the runtime specification. */
  readonly seccomp: object
}

/** Configuration of a container in the format of the OCI runtime specification. @throws Error for a pod that the kubelet would reject */
export function containerConfig(options: ContainerOptions): object {
  const { image, root, pod, command, env, mounts, seccomp } = options
  const { securityContext: forPod = {} } = pod
  const [{ securityContext: own = {} }] = pod.containers
  const [imageUid, imageGid] = image.User.split(':').map(Number)
  const uid = forPod.runAsUser ?? imageUid ?? 0
  const gid = forPod.runAsGroup ?? imageGid ?? 0
  if (forPod.runAsNonRoot && uid === 0)
    throw new Error('CreateContainerConfigError: runAsNonRoot, and the image runs as root')
  if (own.capabilities?.drop?.join() !== 'ALL') throw new Error('capabilities: nothing but drop: [ALL] is done here')
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] }
  return {
    ociVersion: '1.0.0',
    process: {
      user: { uid, gid },
      args: 'instead' in command ? command.instead : [...image.Entrypoint, ...command.args],
      env: [...image.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      cwd: image.WorkingDir || '/',
      capabilities: none,
      noNewPrivileges: own.allowPrivilegeEscalation === false,
    },
    root: { path: root, readonly: own.readOnlyRootFilesystem === true },
    hostname: 'pod',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
      ...Object.entries(mounts).map(([destination, source]) => ({
        destination,
        source,
        type: 'bind',
        options: ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'],
      })),
    ],
    linux: {
      // Host network, because the API server and the simulator listen on the host's loopback.
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      ...(forPod.seccompProfile?.type === 'RuntimeDefault' ? { seccomp } : {}),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/scsi'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  }
}
