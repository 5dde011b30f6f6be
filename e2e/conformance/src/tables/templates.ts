import { WHAT_HAPPENS, type ScenarioTable } from '../scenario-table.ts'

/** Templates that fail or are missing. */
export const TEMPLATES = {
  ...WHAT_HAPPENS,
  title: 'A template fails',
  about: 'All templates of one Secret are rendered together, or none is.',
  rows: {
    'template-fails': {
      scenario: 'a template fails',
      secret: 'is kept',
      ready: 'False `TemplateError`, with template and line but no value',
      next: 'when the spec, the template or a value changes',
    },
    'template-loops': {
      scenario: 'a template does not terminate',
      secret: 'is kept',
      ready: 'False `TemplateError`, with the template and the limit',
      next: 'when the spec, the template or a value changes',
    },
    'template-too-large': {
      scenario: 'the output of a template exceeds the limit',
      secret: 'is kept',
      ready: 'False `TemplateError`, with the template and the limit',
      next: 'when the spec, the template or a value changes',
    },
    'template-missing': {
      scenario: 'the ConfigMap or Secret of a template does not exist',
      secret: 'is not created or changed',
      ready: 'False `TemplateError`, with the field and the object',
      next: 'at once when that object is created',
    },
  },
} as const satisfies ScenarioTable
