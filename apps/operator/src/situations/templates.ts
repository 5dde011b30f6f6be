import { WHAT_HAPPENS, type SituationTable } from './situation-table.ts'

/** A template gives nothing that could be written. */
export const TEMPLATES = {
  ...WHAT_HAPPENS,
  title: 'A template gives nothing',
  about: 'Templates of one Secret are rendered together: all of them, or none.',
  rows: {
    'template-fails': {
      situation: 'a template fails',
      secret: 'is kept',
      ready: 'False `TemplateError`, which names template and line, and no value',
      next: 'when the spec, the template or a value changes',
    },
    'template-loops': {
      situation: 'a template does not come to an end',
      secret: 'is kept',
      ready: 'False `TemplateError`, which names the template and the limit',
      next: 'when the spec, the template or a value changes',
    },
    'template-too-large': {
      situation: 'a template gives more than it may',
      secret: 'is kept',
      ready: 'False `TemplateError`, which names the template and the limit',
      next: 'when the spec, the template or a value changes',
    },
    'template-missing': {
      situation: 'the ConfigMap or Secret that a template is in is not there',
      secret: 'is not created, or kept',
      ready: 'False `TemplateError`, which names the field and the object',
      next: 'at once when that object appears',
    },
  },
} as const satisfies SituationTable
