import { z } from 'zod'

export const stepPreview = z.object({
  id: z.string(),
  title: z.string(),
  placement: z
    .enum(['transactional', 'external'])
    .describe(
      '`transactional`: the step writes only to the database of Tenantry. `external`: it calls a provider.',
    ),
  preview: z
    .object({ summary: z.string(), details: z.record(z.string(), z.unknown()) })
    .describe('What the step would do.'),
})

export type StepPreviewView = z.output<typeof stepPreview>
