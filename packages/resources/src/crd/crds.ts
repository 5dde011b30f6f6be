import { stringify } from 'yaml'
import { type KindDefinition, kinds } from '../kinds.ts'
import type { PrinterColumn } from '../printer-columns.ts'
import { CATEGORY, GROUP, VERSION } from '../names.ts'
import { type StructuralSchema, structuralSchema } from './structural-schema.ts'

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly names: {
      readonly kind: string
      readonly listKind: string
      readonly plural: string
      readonly singular: string
      readonly shortNames?: readonly string[]
      readonly categories: readonly string[]
    }
    readonly scope: 'Namespaced' | 'Cluster'
    readonly versions: ReadonlyArray<{
      readonly name: string
      readonly served: boolean
      readonly storage: boolean
      readonly schema: { readonly openAPIV3Schema: StructuralSchema }
      readonly subresources: { readonly status: Record<string, never> }
      readonly additionalPrinterColumns: readonly PrinterColumn[]
    }>
  }
}

/** The CRDs of all kinds, in the order of the documentation. */
export function crds(): readonly CustomResourceDefinition[] {
  return kinds.map(crdOf)
}

/** {@link crds} as one YAML text, fit for `kubectl apply -f -`. */
export function crdYaml(): string {
  return crds().map(yamlOf).join('---\n')
}

export function yamlOf(crd: CustomResourceDefinition): string {
  // YAML 1.1 quotes `yes` and `on`, which kubectl's parser would read as booleans.
  return stringify(crd, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 120 })
}

function crdOf(definition: KindDefinition): CustomResourceDefinition {
  const { kind, plural, singular, shortNames, scope, columns } = definition
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        ...(shortNames.length === 0 ? {} : { shortNames }),
        categories: [CATEGORY],
      },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(definition) },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  }
}

function rootSchema({ description, spec, status }: KindDefinition): StructuralSchema {
  return {
    description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { description: 'Version of the schema of this object.', type: 'string' },
      kind: { description: 'Kind of this object.', type: 'string' },
      metadata: { type: 'object' },
      spec: structuralSchema(spec, ['spec']),
      status: structuralSchema(status, ['status']),
    },
  }
}
