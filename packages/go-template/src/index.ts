export { GoTemplateRenderer, type GoTemplateRendererOptions } from './go-template-renderer.ts'
