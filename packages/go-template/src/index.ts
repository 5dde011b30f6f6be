export { GoTemplateRenderer, type GoTemplateRendererOptions } from './go-template-renderer.ts'
export { TEMPLATE_LIMITS } from './limits.ts'
