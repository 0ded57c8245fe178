import './app/mantine-styles.ts';
import './app/app.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { guessLanguage, speak } from './i18n/language.ts';

speak(guessLanguage());
createRoot(document.getElementById('root')!).render(<App />);
