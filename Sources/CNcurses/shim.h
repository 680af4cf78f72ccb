// ncurses as Swift sees it: what its macros and global variables are for, as functions. They belong on one thread.
#ifndef ATTUNE_CNCURSES_SHIM_H
#define ATTUNE_CNCURSES_SHIM_H

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/// Makes the locale one that has wide characters; false where the machine has none.
static inline bool attune_wide_locale(void) {
    if (setlocale(LC_CTYPE, "") != NULL && MB_CUR_MAX > 1) return true;
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL;
}

// Declared only where the whole of X/Open is asked for.
extern int wcwidth(wchar_t character);

/// Columns that a character takes: 2, 1, 0, or -1 where it is not for show.
static inline int attune_character_columns(wchar_t character) { return wcwidth(character); }

/// Takes over the terminal; NULL where this one can't be driven.
static inline SCREEN *attune_open_screen(bool coloured) {
    FILE *keys = fopen("/dev/tty", "r");
    SCREEN *screen = keys ? newterm(NULL, stdout, keys) : NULL;
    if (screen == NULL) return NULL;
    cbreak();
    noecho();
    curs_set(0);
    keypad(stdscr, true);
    set_escdelay(25);
    if (coloured && has_colors()) {
        start_color();
        use_default_colors();
        init_pair(1, COLOR_GREEN, -1);
        init_pair(2, COLOR_YELLOW, -1);
        init_pair(3, COLOR_CYAN, -1);
    }
    return screen;
}

/// Gives the terminal back as it was.
static inline void attune_close_screen(SCREEN *screen) {
    endwin();
    delscreen(screen);
}

static inline int attune_rows(void) { return getmaxy(stdscr); }
static inline int attune_columns(void) { return getmaxx(stdscr); }

/// The next key or character within some milliseconds: ERR, OK (a character), or KEY_CODE_YES (a key).
static inline int attune_next_key(int milliseconds, wint_t *key) {
    wtimeout(stdscr, milliseconds);
    return wget_wch(stdscr, key);
}

static inline void attune_begin_frame(void) { werase(stdscr); }

/// How text looks from here on; a pair of 0 is the terminal's own colours.
static inline void attune_set_style(short pair, bool bold, bool reverse, bool dim) {
    attr_t attributes = (bold ? A_BOLD : 0) | (reverse ? A_REVERSE : 0) | (dim ? A_DIM : 0);
    wattr_set(stdscr, attributes, COLORS > 0 ? pair : 0, NULL);
}

static inline void attune_put(int row, int column, const char *text) {
    wmove(stdscr, row, column);
    waddstr(stdscr, text);
}

static inline void attune_end_frame(void) { wrefresh(stdscr); }

#endif
