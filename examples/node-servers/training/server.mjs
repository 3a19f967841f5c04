import { serve } from '../lib/serve.mjs';

serve('training', { meta: process.env.META });
