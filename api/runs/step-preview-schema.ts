import { z } from 'zod'

/** One step in the answer to a dry run. */
export const stepPreview = z.object({
  id: z.string(),
  title: z.string(),
  placement: z.enum(['transactional', 'external']),
  preview: z.object({ summary: z.string(), details: z.record(z.string(), z.unknown()) }),
})

export type StepPreviewView = z.output<typeof stepPreview>
