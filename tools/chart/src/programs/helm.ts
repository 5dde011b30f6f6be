import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@ack-secret-manager/testenv'
import { parseAllDocuments, stringify } from 'yaml'
import { ROOT } from '../root.ts'
import { helmBinary } from './helm-binary.ts'
import { runProgram } from './run-program.ts'

/** The chart in this checkout. */
export const CHART = fileURLToPath(new URL('apps/operator/chart', ROOT))

/** The release of a command. */
export interface ReleaseOptions {
  readonly release: string
  readonly namespace: string
  readonly values?: object
  /** @default CHART */
  readonly chart?: string
  /** Further flags. */
  readonly args?: readonly string[]
}

/** The real helm with a separate home directory. */
export class Helm implements AsyncDisposable {
  readonly #binary: string
  readonly #home: string
  readonly #kubeconfigPath: string

  private constructor(binary: string, home: string, kubeconfigPath: string) {
    this.#binary = binary
    this.#home = home
    this.#kubeconfigPath = kubeconfigPath
  }

  /** Without a kubeconfig it can only `lint` and `template`. */
  static async open(kubeconfigPath: string = '/dev/null'): Promise<Helm> {
    return new Helm(await helmBinary(), await mkdtemp(path.join(tmpdir(), 'acksm-helm-')), kubeconfigPath)
  }

  /** @returns its output @throws Error with helm's message */
  async run(...args: readonly string[]): Promise<string> {
    const home = (name: string): string => path.join(this.#home, name)
    return runProgram(this.#binary, args, {
      env: {
        KUBECONFIG: this.#kubeconfigPath,
        HELM_CACHE_HOME: home('cache'),
        HELM_CONFIG_HOME: home('config'),
        HELM_DATA_HOME: home('data'),
      },
    })
  }

  async template(options: ReleaseOptions): Promise<string> {
    return this.#about('template', options)
  }

  /** The objects of a release, without the pod of `helm test`. */
  async manifests({ args = [], ...options }: ReleaseOptions): Promise<Manifest[]> {
    return parseAllDocuments(await this.template({ ...options, args: ['--skip-tests', ...args] }))
      .map((document) => document.toJS() as Manifest | null)
      .filter((object) => object !== null)
  }

  install(options: ReleaseOptions): Promise<string> {
    return this.#about('install', options)
  }

  upgrade(options: ReleaseOptions): Promise<string> {
    return this.#about('upgrade', options)
  }

  uninstall({ release, namespace }: ReleaseOptions): Promise<string> {
    return this.run('uninstall', release, '--namespace', namespace)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true })
  }

  async #about(command: string, options: ReleaseOptions): Promise<string> {
    const { release, namespace, values = {}, chart = CHART, args = [] } = options
    const directory = await mkdtemp(path.join(this.#home, 'values-'))
    const file = path.join(directory, 'values.yaml')
    await writeFile(file, stringify(values))
    return this.run(command, release, chart, '--namespace', namespace, '--values', file, ...args)
  }
}
