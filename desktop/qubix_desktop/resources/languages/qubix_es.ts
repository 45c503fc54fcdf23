<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es" sourcelanguage="en">
<context>
    <name>CardsEditor</name>
    <message>
        <source>Looking for graphics cards…</source>
        <translation>Buscando tarjetas gráficas…</translation>
    </message>
    <message>
        <source>Share {card}</source>
        <translation>Compartir {card}</translation>
    </message>
    <message>
        <source>This computer has none that is known.</source>
        <translation>Este equipo no tiene ninguna conocida.</translation>
    </message>
</context>
<context>
    <name>Chart</name>
    <message>
        <source>Nothing is known of it yet.</source>
        <translation>Aún no se sabe nada.</translation>
    </message>
    <message>
        <source>Now {now}, at least {least}, at most {most}.</source>
        <translation>Ahora {now}, como mínimo {least}, como máximo {most}.</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>desconocido</translation>
    </message>
    <message>
        <source>{name}, the last minutes</source>
        <translation>{name}, últimos minutos</translation>
    </message>
</context>
<context>
    <name>ComputerPage</name>
    <message numerus="yes">
        <source>%Ln core(s)</source>
        <translation>
            <numerusform>%Ln núcleo</numerusform>
            <numerusform>%Ln núcleos</numerusform>
        </translation>
    </message>
    <message>
        <source>Can share</source>
        <translation>Puede compartir</translation>
    </message>
    <message>
        <source>Can share after a driver update</source>
        <translation>Puede compartir tras actualizar el controlador</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Disco</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>Tarjeta gráfica</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Excluida</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Buscar de nuevo</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Buscando…</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Memoria</translation>
    </message>
    <message>
        <source>Nearly full</source>
        <translation>Casi lleno</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Siguiente</translation>
    </message>
    <message>
        <source>No card was found that can share. The processor can do the work.</source>
        <translation>No se encontró ninguna tarjeta que pueda compartir. El procesador puede hacer el trabajo.</translation>
    </message>
    <message>
        <source>Not used</source>
        <translation>No se usa</translation>
    </message>
    <message>
        <source>Not used: given to a virtual machine</source>
        <translation>No se usa: cedida a una máquina virtual</translation>
    </message>
    <message>
        <source>Not used: integrated</source>
        <translation>No se usa: integrada</translation>
    </message>
    <message>
        <source>Not used: no job knows it yet</source>
        <translation>No se usa: ningún trabajo la conoce aún</translation>
    </message>
    <message>
        <source>Not used: virtual</source>
        <translation>No se usa: virtual</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Procesador</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Este equipo</translation>
    </message>
    <message>
        <source>This computer did not tell.</source>
        <translation>Este equipo no informó.</translation>
    </message>
    <message>
        <source>This is what it has. Nothing is sent before you go online.</source>
        <translation>Esto es lo que tiene. No se envía nada antes de conectarte.</translation>
    </message>
    <message>
        <source>You choose how much of it on the next page.</source>
        <translation>En la página siguiente eliges cuánta.</translation>
    </message>
    <message>
        <source>driver {version}</source>
        <translation>controlador {version}</translation>
    </message>
    <message>
        <source>of {size}</source>
        <translation>de {size}</translation>
    </message>
    <message>
        <source>{size} free on the disk</source>
        <translation>{size} libres en el disco</translation>
    </message>
    <message>
        <source>{size} of memory</source>
        <translation>{size} de memoria</translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>Close</source>
        <translation>Cerrar</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
    <message>
        <source>Copy for support</source>
        <translation>Copiar para soporte</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detalles</translation>
    </message>
    <message>
        <source>Sharing is not touched by it and goes on. If it happens again, copy this and send it to the people who run the network.</source>
        <translation>Esto no afecta a lo que se comparte, que sigue. Si vuelve a ocurrir, copia esto y envíalo a quien administra la red.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong in this window</source>
        <translation>Algo inesperado ha fallado en esta ventana</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Copied</source>
        <translation>Copiado</translation>
    </message>
    <message>
        <source>Copies these lines without secrets</source>
        <translation>Copia estas líneas sin secretos</translation>
    </message>
    <message>
        <source>Copy for support</source>
        <translation>Copiar para soporte</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Detalles</translation>
    </message>
    <message>
        <source>Hide details</source>
        <translation>Ocultar detalles</translation>
    </message>
    <message>
        <source>Show details</source>
        <translation>Mostrar detalles</translation>
    </message>
</context>
<context>
    <name>DonePage</name>
    <message>
        <source>All done</source>
        <translation>Todo listo</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>Finalizar</translation>
    </message>
    <message>
        <source>It shares on {network} from now on.</source>
        <translation>Desde ahora comparte en {network}.</translation>
    </message>
    <message>
        <source>Look for this sign among the small icons at the edge of the screen. There you pause, stop or remove it.</source>
        <translation>Busca esta señal entre los iconos pequeños del borde de la pantalla. Ahí puedes pausar, parar o quitar QUBIX.</translation>
    </message>
    <message>
        <source>Open status</source>
        <translation>Abrir el estado</translation>
    </message>
    <message>
        <source>Open the network&apos;s page</source>
        <translation>Abrir la página de la red</translation>
    </message>
    <message>
        <source>This computer is online as {name}</source>
        <translation>Este equipo está conectado como {name}</translation>
    </message>
    <message>
        <source>This desktop shows no small icons: open QUBIX again whenever you want to see, pause or remove it.</source>
        <translation>Este escritorio no muestra iconos pequeños: abre QUBIX de nuevo cuando quieras verlo, pausarlo o quitarlo.</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>este equipo</translation>
    </message>
</context>
<context>
    <name>ExistingPage</name>
    <message>
        <source>Change how it shares</source>
        <translation>Cambiar cómo comparte</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Cambiar…</translation>
    </message>
    <message>
        <source>Checks every step of the setup, mends what is amiss, and starts it again.</source>
        <translation>Revisa cada paso de la instalación, arregla lo que esté mal y lo inicia de nuevo.</translation>
    </message>
    <message>
        <source>It belongs to {network}.</source>
        <translation>Pertenece a {network}.</translation>
    </message>
    <message>
        <source>It leaves {network} as soon as the other one has taken it in.</source>
        <translation>Sale de {network} en cuanto la otra lo acepte.</translation>
    </message>
    <message>
        <source>It stops sharing, and the program is taken away.</source>
        <translation>Deja de compartir, y el programa se quita.</translation>
    </message>
    <message>
        <source>Join another network</source>
        <translation>Unirse a otra red</translation>
    </message>
    <message>
        <source>Join {network} instead</source>
        <translation>Pasar a {network}</translation>
    </message>
    <message>
        <source>Join…</source>
        <translation>Unirse…</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Abrir</translation>
    </message>
    <message>
        <source>Remove from this computer</source>
        <translation>Quitar de este equipo</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Quitar…</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparar</translation>
    </message>
    <message>
        <source>When, how much, and which graphics cards. It holds at once.</source>
        <translation>Cuándo, cuánto y qué tarjetas gráficas. Vale al momento.</translation>
    </message>
    <message>
        <source>This computer shares already</source>
        <translation>Este equipo ya comparte</translation>
    </message>
</context>
<context>
    <name>Facts</name>
    <message>
        <source>Address</source>
        <translation>Dirección</translation>
    </message>
    <message>
        <source>Last contact</source>
        <translation>Último contacto</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Nombre</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Red</translation>
    </message>
    <message>
        <source>Shared this week</source>
        <translation>Compartido esta semana</translation>
    </message>
    <message>
        <source>Shared today</source>
        <translation>Compartido hoy</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Este equipo</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Versión</translation>
    </message>
    <message>
        <source>{time} ago</source>
        <translation>hace {time}</translation>
    </message>
</context>
<context>
    <name>HoursEditor</name>
    <message>
        <source>Add other hours</source>
        <translation>Añadir otras horas</translation>
    </message>
</context>
<context>
    <name>JobsAtWork</name>
    <message>
        <source>No job at the moment.</source>
        <translation>Ningún trabajo en este momento.</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Ahora</translation>
    </message>
</context>
<context>
    <name>LastJobs</name>
    <message>
        <source>Ended</source>
        <translation>Fin</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Tipo</translation>
    </message>
    <message>
        <source>Last jobs</source>
        <translation>Últimos trabajos</translation>
    </message>
    <message>
        <source>None yet.</source>
        <translation>Ninguno aún.</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Resultado</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Duración</translation>
    </message>
</context>
<context>
    <name>LogTab</name>
    <message numerus="yes">
        <source>%Ln line(s)</source>
        <translation>
            <numerusform>%Ln línea</numerusform>
            <numerusform>%Ln líneas</numerusform>
        </translation>
    </message>
    <message>
        <source>All lines</source>
        <translation>Todas las líneas</translation>
    </message>
    <message>
        <source>Copied, without secrets.</source>
        <translation>Copiado, sin secretos.</translation>
    </message>
    <message>
        <source>Copies the state and the log without secrets</source>
        <translation>Copia el estado y el registro sin secretos</translation>
    </message>
    <message>
        <source>Copy for support</source>
        <translation>Copiar para soporte</translation>
    </message>
    <message>
        <source>Errors only</source>
        <translation>Solo errores</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Seguir</translation>
    </message>
    <message>
        <source>Keeps the newest line in view</source>
        <translation>Mantiene a la vista la línea más reciente</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Registro</translation>
    </message>
    <message>
        <source>Only lines with…</source>
        <translation>Solo líneas con…</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>Buscar en el registro</translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation>Avisos y errores</translation>
    </message>
    <message>
        <source>Which lines</source>
        <translation>Qué líneas</translation>
    </message>
</context>
<context>
    <name>Overview</name>
    <message>
        <source>Overview</source>
        <translation>Resumen</translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Done</source>
        <translation>Listo</translation>
    </message>
    <message>
        <source>Getting ready</source>
        <translation>Preparando</translation>
    </message>
    <message>
        <source>Going online</source>
        <translation>Conectando</translation>
    </message>
    <message>
        <source>How to share</source>
        <translation>Cómo compartir</translation>
    </message>
    <message>
        <source>Step {number} of {count}</source>
        <translation>Paso {number} de {count}</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Este equipo</translation>
    </message>
    <message>
        <source>Welcome</source>
        <translation>Bienvenida</translation>
    </message>
</context>
<context>
    <name>RemovalDialog</name>
    <message>
        <source>Close</source>
        <translation>Cerrar</translation>
    </message>
    <message>
        <source>Forget my choices as well</source>
        <translation>Olvidar también mis elecciones</translation>
    </message>
    <message>
        <source>It stops sharing, leaves the network, and no longer starts when you sign in.</source>
        <translation>Deja de compartir, sale de la red y ya no se inicia con la sesión.</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Conservar</translation>
    </message>
    <message>
        <source>QUBIX could not be removed</source>
        <translation>No se pudo quitar QUBIX</translation>
    </message>
    <message>
        <source>QUBIX has been removed</source>
        <translation>QUBIX se ha quitado</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Quitar</translation>
    </message>
    <message>
        <source>Remove QUBIX</source>
        <translation>Quitar QUBIX</translation>
    </message>
    <message>
        <source>Remove QUBIX from this computer?</source>
        <translation>¿Quitar QUBIX de este equipo?</translation>
    </message>
    <message>
        <source>Removing QUBIX</source>
        <translation>Quitando QUBIX</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Reintentar</translation>
    </message>
</context>
<context>
    <name>Setting</name>
    <message>
        <source>Changing…</source>
        <translation>Cambiando…</translation>
    </message>
    <message>
        <source>In force now.</source>
        <translation>Ya en vigor.</translation>
    </message>
    <message>
        <source>Kept for when sharing starts.</source>
        <translation>Guardado para cuando se empiece a compartir.</translation>
    </message>
</context>
<context>
    <name>SettingsTab</name>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source> MB</source>
        <translation> MB</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source> °C</source>
        <translation> °C</translation>
    </message>
    <message>
        <source>Also on battery</source>
        <translation>También con batería</translation>
    </message>
    <message>
        <source>Also where the connection is paid by use</source>
        <translation>También cuando la conexión se paga por uso</translation>
    </message>
    <message>
        <source>As many as fit</source>
        <translation>Los que quepan</translation>
    </message>
    <message>
        <source>As much as my own programs</source>
        <translation>Tanto como mis programas</translation>
    </message>
    <message>
        <source>Besides</source>
        <translation>Además</translation>
    </message>
    <message>
        <source>Graphics cards</source>
        <translation>Tarjetas gráficas</translation>
    </message>
    <message>
        <source>How much of the processor jobs get</source>
        <translation>Cuánto procesador reciben los trabajos</translation>
    </message>
    <message>
        <source>How much to share</source>
        <translation>Cuánto compartir</translation>
    </message>
    <message>
        <source>I&apos;m not using it when untouched for</source>
        <translation>No se usa si nadie lo toca desde hace</translation>
    </message>
    <message>
        <source>Is given to another computer</source>
        <translation>Se pasa a otro equipo</translation>
    </message>
    <message>
        <source>It then shares without a window, and is in the tray.</source>
        <translation>Así comparte sin ventana y está en la bandeja.</translation>
    </message>
    <message>
        <source>Jobs at once</source>
        <translation>Trabajos a la vez</translation>
    </message>
    <message>
        <source>Keep awake while a job is at work</source>
        <translation>Mantener despierto durante un trabajo</translation>
    </message>
    <message>
        <source>Less than my own programs</source>
        <translation>Menos que mis programas</translation>
    </message>
    <message>
        <source>Let jobs in containers use the internet</source>
        <translation>Dejar que los trabajos en contenedores usen internet</translation>
    </message>
    <message>
        <source>Most memory for one job</source>
        <translation>Memoria máxima para un trabajo</translation>
    </message>
    <message>
        <source>Most of the processor for all jobs together</source>
        <translation>Máximo de procesador para todos los trabajos</translation>
    </message>
    <message>
        <source>Name of this computer</source>
        <translation>Nombre de este equipo</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nunca</translation>
    </message>
    <message>
        <source>Never on battery.</source>
        <translation>Nunca con batería.</translation>
    </message>
    <message>
        <source>Only at these hours</source>
        <translation>Solo en estos horarios</translation>
    </message>
    <message>
        <source>Only what nothing else wants</source>
        <translation>Solo lo que sobre</translation>
    </message>
    <message>
        <source>Only when I&apos;m not using it</source>
        <translation>Solo cuando no lo uso</translation>
    </message>
    <message>
        <source>Rest while it is hotter than</source>
        <translation>Descansar por encima de</translation>
    </message>
    <message>
        <source>Set up again…</source>
        <translation>Instalar de nuevo…</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Ajustes</translation>
    </message>
    <message>
        <source>Share the processor</source>
        <translation>Compartir el procesador</translation>
    </message>
    <message>
        <source>So that you recognise it on the network&apos;s page.</source>
        <translation>Para que lo reconozcas en la página de la red.</translation>
    </message>
    <message>
        <source>Stands still for up to ten minutes</source>
        <translation>Se detiene hasta diez minutos</translation>
    </message>
    <message>
        <source>Start when I sign in</source>
        <translation>Iniciar con mi sesión</translation>
    </message>
    <message>
        <source>The processor, or a graphics card that is shared.</source>
        <translation>El procesador o una tarjeta gráfica compartida.</translation>
    </message>
    <message>
        <source>To repair, to join another network, or to remove it</source>
        <translation>Para reparar, unirse a otra red o quitarlo</translation>
    </message>
    <message>
        <source>When a pause begins, a job at work</source>
        <translation>Cuando empieza una pausa, un trabajo en marcha</translation>
    </message>
    <message>
        <source>When to share</source>
        <translation>Cuándo compartir</translation>
    </message>
    <message>
        <source>Without it, only graphics cards are shared.</source>
        <translation>Sin él, solo se comparten las tarjetas gráficas.</translation>
    </message>
</context>
<context>
    <name>SharingForm</name>
    <message numerus="yes">
        <source>%Ln minute(s)</source>
        <translation>
            <numerusform>%Ln minuto</numerusform>
            <numerusform>%Ln minutos</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Name of this computer</source>
        <translation>&amp;Nombre de este equipo</translation>
    </message>
    <message>
        <source>&amp;Start when I sign in</source>
        <translation>&amp;Iniciar con mi sesión</translation>
    </message>
    <message>
        <source>Always</source>
        <translation>Siempre</translation>
    </message>
    <message>
        <source>Between these hours</source>
        <translation>Entre estas horas</translation>
    </message>
    <message>
        <source>Between these hours, when I&apos;m away</source>
        <translation>Entre estas horas, cuando no estoy</translation>
    </message>
    <message>
        <source>How long nobody has touched it</source>
        <translation>Tiempo sin que nadie lo toque</translation>
    </message>
    <message>
        <source>How much it gives</source>
        <translation>Cuánto ofrece</translation>
    </message>
    <message>
        <source>It is what this computer shares: no graphics card does.</source>
        <translation>Es lo que este equipo comparte: ninguna tarjeta gráfica lo hace.</translation>
    </message>
    <message>
        <source>It then shares without a window, and is in the tray.</source>
        <translation>Así comparte sin ventana y está en la bandeja.</translation>
    </message>
    <message>
        <source>Most &amp;memory for one job</source>
        <translation>&amp;Memoria máxima para un trabajo</translation>
    </message>
    <message>
        <source>Most of the processor</source>
        <translation>Máximo del procesador</translation>
    </message>
    <message>
        <source>Name of this computer</source>
        <translation>Nombre de este equipo</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nunca</translation>
    </message>
    <message>
        <source>Not on battery</source>
        <translation>No con batería</translation>
    </message>
    <message>
        <source>Only between certain hours</source>
        <translation>Solo entre ciertas horas</translation>
    </message>
    <message>
        <source>Only when I&apos;m not using it</source>
        <translation>Solo cuando no lo uso</translation>
    </message>
    <message>
        <source>Share the &amp;processor</source>
        <translation>Compartir el &amp;procesador</translation>
    </message>
    <message>
        <source>So that you recognise it on the network&apos;s page.</source>
        <translation>Para que lo reconozcas en la página de la red.</translation>
    </message>
    <message>
        <source>Stop when it is hotter than</source>
        <translation>Parar cuando supere</translation>
    </message>
    <message>
        <source>When I&apos;m away</source>
        <translation>Cuando no estoy</translation>
    </message>
    <message>
        <source>When it shares</source>
        <translation>Cuándo comparte</translation>
    </message>
    <message>
        <source>Without it, only graphics cards are shared.</source>
        <translation>Sin él, solo se comparten las tarjetas gráficas.</translation>
    </message>
</context>
<context>
    <name>SharingPage</name>
    <message>
        <source>How to share</source>
        <translation>Cómo compartir</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Siguiente</translation>
    </message>
    <message>
        <source>These choices suit most computers. You can change them at any time.</source>
        <translation>Estas opciones van bien en la mayoría de los equipos. Puedes cambiarlas cuando quieras.</translation>
    </message>
</context>
<context>
    <name>StatusWindow</name>
    <message>
        <source>For 1 hour</source>
        <translation>Durante 1 hora</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Registro</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Más</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Resumen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausar</translation>
    </message>
    <message>
        <source>QUBIX</source>
        <translation>QUBIX</translation>
    </message>
    <message>
        <source>Quit and keep sharing</source>
        <translation>Salir y seguir compartiendo</translation>
    </message>
    <message>
        <source>Quit and stop sharing</source>
        <translation>Salir y dejar de compartir</translation>
    </message>
    <message>
        <source>Remove from this computer…</source>
        <translation>Quitar de este equipo…</translation>
    </message>
    <message>
        <source>Restart sharing</source>
        <translation>Reiniciar lo compartido</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Reanudar</translation>
    </message>
    <message>
        <source>Set up again…</source>
        <translation>Instalar de nuevo…</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Ajustes</translation>
    </message>
    <message>
        <source>Start sharing</source>
        <translation>Empezar a compartir</translation>
    </message>
    <message>
        <source>This desktop shows no small icons at its edge, so this window is where you control QUBIX. Open QUBIX again to come back here.</source>
        <translation>Este escritorio no muestra iconos pequeños en el borde, así que controlas QUBIX en esta ventana. Abre QUBIX de nuevo para volver aquí.</translation>
    </message>
    <message>
        <source>Until I resume</source>
        <translation>Hasta que reanude</translation>
    </message>
    <message>
        <source>Until tomorrow</source>
        <translation>Hasta mañana</translation>
    </message>
</context>
<context>
    <name>StepList</name>
    <message>
        <source>Done</source>
        <translation>Listo</translation>
    </message>
    <message>
        <source>Everything is as it was</source>
        <translation>Todo está como estaba</translation>
    </message>
    <message>
        <source>Overall progress</source>
        <translation>Progreso general</translation>
    </message>
    <message>
        <source>Putting everything back…</source>
        <translation>Deshaciéndolo todo…</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Detenido</translation>
    </message>
    <message>
        <source>Waiting for the download to go on…</source>
        <translation>Esperando a que siga la descarga…</translation>
    </message>
    <message>
        <source>done</source>
        <translation>hecho</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>falló</translation>
    </message>
    <message>
        <source>running</source>
        <translation>en marcha</translation>
    </message>
    <message>
        <source>taken back</source>
        <translation>deshecho</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>en espera</translation>
    </message>
    <message>
        <source>{amount}, {size}/s</source>
        <translation>{amount}, {size}/s</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} de {total}</translation>
    </message>
</context>
<context>
    <name>StepsPage</name>
    <message>
        <source>Cancel</source>
        <translation>Cancelar</translation>
    </message>
    <message>
        <source>Getting ready</source>
        <translation>Preparando</translation>
    </message>
    <message>
        <source>Going online</source>
        <translation>Conectando</translation>
    </message>
    <message>
        <source>Saving your choices</source>
        <translation>Guardando tus elecciones</translation>
    </message>
    <message>
        <source>They hold at once.</source>
        <translation>Valen al momento.</translation>
    </message>
    <message>
        <source>This computer introduces itself to the network.</source>
        <translation>Este equipo se presenta a la red.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Reintentar</translation>
    </message>
    <message>
        <source>Use another code</source>
        <translation>Usar otro código</translation>
    </message>
    <message>
        <source>You can go on using this computer meanwhile.</source>
        <translation>Mientras tanto puedes seguir usando este equipo.</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Check for updates</source>
        <translation>Buscar actualizaciones</translation>
    </message>
    <message>
        <source>For 1 hour</source>
        <translation>Durante 1 hora</translation>
    </message>
    <message>
        <source>It is version {version} now.</source>
        <translation>Ahora es la versión {version}.</translation>
    </message>
    <message>
        <source>It shares as {name}. Here you pause or stop it.</source>
        <translation>Comparte como {name}. Aquí lo pausas o lo paras.</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>Registros</translation>
    </message>
    <message>
        <source>Open status</source>
        <translation>Abrir el estado</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pausar</translation>
    </message>
    <message>
        <source>QUBIX has been updated</source>
        <translation>QUBIX se ha actualizado</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Salir</translation>
    </message>
    <message>
        <source>Quit QUBIX</source>
        <translation>Salir de QUBIX</translation>
    </message>
    <message>
        <source>Quit and keep sharing</source>
        <translation>Salir y seguir compartiendo</translation>
    </message>
    <message>
        <source>Quit and stop sharing</source>
        <translation>Salir y dejar de compartir</translation>
    </message>
    <message>
        <source>Remove from this computer…</source>
        <translation>Quitar de este equipo…</translation>
    </message>
    <message>
        <source>Restart sharing</source>
        <translation>Reiniciar lo compartido</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Reanudar</translation>
    </message>
    <message>
        <source>Set up again…</source>
        <translation>Instalar de nuevo…</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Ajustes…</translation>
    </message>
    <message>
        <source>Start sharing</source>
        <translation>Empezar a compartir</translation>
    </message>
    <message>
        <source>This computer is online</source>
        <translation>Este equipo está conectado</translation>
    </message>
    <message>
        <source>Until I resume</source>
        <translation>Hasta que reanude</translation>
    </message>
    <message>
        <source>Until tomorrow</source>
        <translation>Hasta mañana</translation>
    </message>
</context>
<context>
    <name>Updates</name>
    <message>
        <source>QUBIX {own} is up to date.</source>
        <translation>QUBIX {own} está al día.</translation>
    </message>
    <message>
        <source>Version {offered} is there; this computer has {own}. Open {server} and press Share my GPU to get it: your choices stay as they are.</source>
        <translation>La versión {offered} está disponible; este equipo tiene la {own}. Abre {server} y pulsa Share my GPU para obtenerla: tus elecciones se quedan como están.</translation>
    </message>
    <message>
        <source>Version {own} is here, but {worker} is still at work. Quit and stop sharing, then open QUBIX again.</source>
        <translation>La versión {own} está aquí, pero la {worker} sigue en marcha. Sal y deja de compartir, y luego abre QUBIX de nuevo.</translation>
    </message>
</context>
<context>
    <name>Use</name>
    <message>
        <source>Memory</source>
        <translation>Memoria</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Procesador</translation>
    </message>
    <message>
        <source>Use of this computer in the last minutes</source>
        <translation>Uso de este equipo en los últimos minutos</translation>
    </message>
</context>
<context>
    <name>View</name>
    <message numerus="yes">
        <source>%Ln job(s) are running.</source>
        <translation>
            <numerusform>%Ln trabajo en marcha.</numerusform>
            <numerusform>%Ln trabajos en marcha.</numerusform>
        </translation>
    </message>
    <message>
        <source>A {kind} job is running.</source>
        <translation>Un trabajo {kind} está en marcha.</translation>
    </message>
    <message>
        <source>Needs attention</source>
        <translation>Necesita atención</translation>
    </message>
    <message>
        <source>Not sharing</source>
        <translation>No comparte</translation>
    </message>
    <message>
        <source>Nothing is shared now.</source>
        <translation>Ahora no se comparte nada.</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Desconectado</translation>
    </message>
    <message>
        <source>Offline since {time}.</source>
        <translation>Sin conexión desde {time}.</translation>
    </message>
    <message>
        <source>Online</source>
        <translation>Conectado</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>En pausa</translation>
    </message>
    <message>
        <source>Ready for work on {network}.</source>
        <translation>Listo para trabajar en {network}.</translation>
    </message>
    <message>
        <source>Sharing does not answer. Wait a moment; if that lasts, restart it.</source>
        <translation>Lo compartido no responde. Espera un momento; si continúa, reinícialo.</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Iniciando…</translation>
    </message>
    <message>
        <source>Trying again in {time}.</source>
        <translation>Nuevo intento en {time}.</translation>
    </message>
    <message>
        <source>Until {time}.</source>
        <translation>Hasta {time}.</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>Trabajando</translation>
    </message>
    <message>
        <source>You paused it until {time}.</source>
        <translation>Lo has pausado hasta {time}.</translation>
    </message>
    <message>
        <source>You paused it. It goes on when you resume.</source>
        <translation>Lo has pausado. Seguirá cuando reanudes.</translation>
    </message>
    <message>
        <source>{share} of a {kind} job is done.</source>
        <translation>Se ha hecho el {share} de un trabajo {kind}.</translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Find the network</source>
        <translation>Buscar la red</translation>
    </message>
    <message>
        <source>It runs in your own account and needs no administrator.</source>
        <translation>Funciona en tu propia cuenta y no necesita administrador.</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Buscando…</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Siguiente</translation>
    </message>
    <message>
        <source>One click takes all of it away again.</source>
        <translation>Un clic lo quita todo de nuevo.</translation>
    </message>
    <message>
        <source>Share this computer</source>
        <translation>Compartir este equipo</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Reintentar</translation>
    </message>
    <message>
        <source>While you don&apos;t need it, this computer can work for others. You decide how much, and you can pause or stop at any time.</source>
        <translation>Mientras no lo necesitas, este equipo puede trabajar para otras personas. Tú decides cuánto, y puedes pausar o parar cuando quieras.</translation>
    </message>
    <message>
        <source>Work for others is locked in: it sees none of your files and no network.</source>
        <translation>El trabajo para otros está encerrado: no ve tus archivos ni la red.</translation>
    </message>
</context>
<context>
    <name>Wizard</name>
    <message>
        <source>&amp;Back</source>
        <translation>&amp;Atrás</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Continuar</translation>
    </message>
    <message>
        <source>Set up QUBIX</source>
        <translation>Instalar QUBIX</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Detener</translation>
    </message>
    <message>
        <source>Stop setting up QUBIX?</source>
        <translation>¿Detener la instalación de QUBIX?</translation>
    </message>
    <message>
        <source>What was begun is taken back.</source>
        <translation>Lo que se empezó se deshace.</translation>
    </message>
</context>
<context>
    <name>WizardPage</name>
    <message>
        <source>Page</source>
        <translation>Página</translation>
    </message>
</context>
<context>
    <name>_Card</name>
    <message>
        <source>Share it</source>
        <translation>Compartir</translation>
    </message>
    <message>
        <source>Share {name}</source>
        <translation>Compartir {name}</translation>
    </message>
</context>
<context>
    <name>_CardCharts</name>
    <message>
        <source>Memory</source>
        <translation>Memoria</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatura</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Uso</translation>
    </message>
</context>
<context>
    <name>_Form</name>
    <message>
        <source>&amp;Address</source>
        <translation>&amp;Dirección</translation>
    </message>
    <message>
        <source>&amp;Code</source>
        <translation>&amp;Código</translation>
    </message>
    <message>
        <source>A code has eight letters and digits; these are fewer.</source>
        <translation>Un código tiene ocho letras y cifras; aquí hay menos.</translation>
    </message>
    <message>
        <source>A code has eight letters and digits; these are more.</source>
        <translation>Un código tiene ocho letras y cifras; aquí hay más.</translation>
    </message>
    <message>
        <source>A code has no 0, O, 1, I or L: it must be a letter or digit that looks like it.</source>
        <translation>Un código no tiene 0, O, 1, I ni L: debe de ser una letra o cifra parecida.</translation>
    </message>
    <message>
        <source>A code has only letters and digits.</source>
        <translation>Un código solo tiene letras y cifras.</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Dirección</translation>
    </message>
    <message>
        <source>An address has no spaces.</source>
        <translation>Una dirección no tiene espacios.</translation>
    </message>
    <message>
        <source>An address looks like compute.example.org.</source>
        <translation>Una dirección es como compute.example.org.</translation>
    </message>
    <message>
        <source>Both stand on the page of the network that you want to join.</source>
        <translation>Ambos están en la página de la red a la que quieres unirte.</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Código</translation>
    </message>
    <message>
        <source>Find the network</source>
        <translation>Buscar la red</translation>
    </message>
</context>
<context>
    <name>_Job</name>
    <message>
        <source>A {kind} job, for {time}</source>
        <translation>Un trabajo {kind}, desde hace {time}</translation>
    </message>
    <message>
        <source>A {kind} job, for {time}: {share} done</source>
        <translation>Un trabajo {kind}, desde hace {time}: {share} hecho</translation>
    </message>
    <message>
        <source>It stands still while the pause lasts.</source>
        <translation>Se detiene mientras dure la pausa.</translation>
    </message>
    <message>
        <source>Progress of the job</source>
        <translation>Progreso del trabajo</translation>
    </message>
</context>
<context>
    <name>_JoiningCard</name>
    <message>
        <source>Asking for the network&apos;s name…</source>
        <translation>Preguntando el nombre de la red…</translation>
    </message>
    <message>
        <source>Not this one?</source>
        <translation>¿No es esta?</translation>
    </message>
    <message>
        <source>The network could not be asked.</source>
        <translation>No se pudo consultar la red.</translation>
    </message>
    <message>
        <source>You are joining</source>
        <translation>Vas a unirte a</translation>
    </message>
    <message>
        <source>at {host}</source>
        <translation>en {host}</translation>
    </message>
</context>
<context>
    <name>_Row</name>
    <message>
        <source>From</source>
        <translation>Desde</translation>
    </message>
    <message>
        <source>Remove these hours</source>
        <translation>Quitar este horario</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Hasta</translation>
    </message>
    <message>
        <source>the next day</source>
        <translation>del día siguiente</translation>
    </message>
    <message>
        <source>the whole day</source>
        <translation>todo el día</translation>
    </message>
</context>
<context>
    <name>words</name>
    <message>
        <source>A few seconds left</source>
        <translation>Quedan unos segundos</translation>
    </message>
    <message numerus="yes">
        <source>About %Ln minute(s) left</source>
        <translation>
            <numerusform>Queda cerca de %Ln minuto</numerusform>
            <numerusform>Quedan unos %Ln minutos</numerusform>
        </translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Cancelado</translation>
    </message>
    <message>
        <source>Completed</source>
        <translation>Completado</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Falló</translation>
    </message>
    <message>
        <source>Less than a minute left</source>
        <translation>Queda menos de un minuto</translation>
    </message>
    <message>
        <source>tomorrow, {time}</source>
        <translation>mañana, {time}</translation>
    </message>
    <message>
        <source>{degrees} °C</source>
        <translation>{degrees} °C</translation>
    </message>
    <message>
        <source>{share} %</source>
        <translation>{share} %</translation>
    </message>
    <message>
        <source>{time} h</source>
        <translation>{time} h</translation>
    </message>
    <message>
        <source>{time} min</source>
        <translation>{time} min</translation>
    </message>
    <message>
        <source>{time} s</source>
        <translation>{time} s</translation>
    </message>
</context>
<context>
    <name>worker</name>
    <message>
        <source>A code has eight letters and digits, such as K7QM-2XWD.</source>
        <translation>Un código tiene ocho letras y cifras, como K7QM-2XWD.</translation>
    </message>
    <message>
        <source>A file could not be read or written{0}: {1}.</source>
        <translation>No se pudo leer o escribir un archivo{0}: {1}.</translation>
    </message>
    <message>
        <source>A file stands where a folder is needed{0}.</source>
        <translation>Hay un archivo donde debe haber una carpeta{0}.</translation>
    </message>
    <message>
        <source>A job that this computer has taken on is at work.</source>
        <translation>Un trabajo que este equipo ha aceptado está en marcha.</translation>
    </message>
    <message>
        <source>A library that was fetched is not the one that was expected, so it was not used.</source>
        <translation>Una biblioteca descargada no es la que se esperaba, así que no se usó.</translation>
    </message>
    <message>
        <source>AMD&apos;s tool for the card did not answer.</source>
        <translation>La herramienta de AMD para la tarjeta no respondió.</translation>
    </message>
    <message>
        <source>An address looks like compute.example.org or https://compute.example.org.</source>
        <translation>Una dirección es como compute.example.org o https://compute.example.org.</translation>
    </message>
    <message>
        <source>Another setup of QUBIX is under way on this computer{0}.</source>
        <translation>Otra instalación de QUBIX está en marcha en este equipo{0}.</translation>
    </message>
    <message>
        <source>Ask the people who run the network to update it; waiting will not mend it.</source>
        <translation>Pide a quien administra la red que lo actualice; esperar no lo arreglará.</translation>
    </message>
    <message>
        <source>Ask the people who run this network to allow {host}, or try from another connection.</source>
        <translation>Pide a quien administra esta red que permita {host}, o prueba desde otra conexión.</translation>
    </message>
    <message>
        <source>Check that disk, then try again.</source>
        <translation>Revisa ese disco y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check that this computer&apos;s date and time are right, then try again.</source>
        <translation>Comprueba que la fecha y la hora de este equipo son correctas y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check that this computer&apos;s date and time are right; if they are, tell the people who run the network.</source>
        <translation>Comprueba que la fecha y la hora de este equipo son correctas; si lo son, avisa a quien administra la red.</translation>
    </message>
    <message>
        <source>Check the address and this computer&apos;s connection to the internet, then try again.</source>
        <translation>Comprueba la dirección y la conexión de este equipo a internet y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check the address. If this network asks you to sign in first, as hotels do, open any web page, sign in there, and try again.</source>
        <translation>Comprueba la dirección. Si esta red pide que inicies sesión antes, como en los hoteles, abre cualquier página web, inicia sesión allí y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check the address. If this network asks you to sign in first, do that, and try again.</source>
        <translation>Comprueba la dirección. Si esta red pide que inicies sesión antes, hazlo y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check the address; if it is right, join the network again from its page.</source>
        <translation>Comprueba la dirección; si es correcta, únete de nuevo a la red desde su página.</translation>
    </message>
    <message>
        <source>Check the address; if it is right, tell the people who run the network.</source>
        <translation>Comprueba la dirección; si es correcta, avisa a quien administra la red.</translation>
    </message>
    <message>
        <source>Check the proxy&apos;s address and password in the system&apos;s settings, then try again.</source>
        <translation>Comprueba la dirección y la contraseña del proxy en los ajustes del sistema y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check the proxy&apos;s address in the system&apos;s settings, then try again.</source>
        <translation>Comprueba la dirección del proxy en los ajustes del sistema y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check this computer&apos;s connection to the internet, then try again.</source>
        <translation>Comprueba la conexión de este equipo a internet y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Check this computer&apos;s connection to the internet; the server may also be busy.</source>
        <translation>Comprueba la conexión de este equipo a internet; también puede que el servidor esté ocupado.</translation>
    </message>
    <message>
        <source>Correct it, then try again.</source>
        <translation>Corrígelo y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Correct that line, or delete the file to start from the defaults.</source>
        <translation>Corrige esa línea o borra el archivo para empezar con los valores iniciales.</translation>
    </message>
    <message>
        <source>Delete it, then join the network again from its page.</source>
        <translation>Bórralo y únete de nuevo a la red desde su página.</translation>
    </message>
    <message>
        <source>Do not go on. Tell the people who run the network, or try from another connection.</source>
        <translation>No sigas. Avisa a quien administra la red o prueba desde otra conexión.</translation>
    </message>
    <message>
        <source>Free about 200 MB, then try again.</source>
        <translation>Libera unos 200 MB y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Free some space, then try again.</source>
        <translation>Libera algo de espacio y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Free some space; then it goes on by itself.</source>
        <translation>Libera algo de espacio; después seguirá solo.</translation>
    </message>
    <message>
        <source>Give this account the right to write there, then try again.</source>
        <translation>Da a esta cuenta permiso para escribir ahí y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Going online</source>
        <translation>Conectando</translation>
    </message>
    <message>
        <source>If a company or a school runs this network, ask it to add its certificate authority to this computer. Else do not go on, and try from another connection.</source>
        <translation>Si una empresa o una escuela administra esta red, pídele que añada su autoridad de certificación a este equipo. Si no, no sigas y prueba desde otra conexión.</translation>
    </message>
    <message>
        <source>Install it (on Debian and Ubuntu: sudo apt-get install python3-venv), then try again.</source>
        <translation>Instálala (en Debian y Ubuntu: sudo apt-get install python3-venv) y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Install the current driver for this card, then try again.</source>
        <translation>Instala el controlador actual de esta tarjeta y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>It could not be begun.</source>
        <translation>No se pudo empezar.</translation>
    </message>
    <message>
        <source>It goes on trying. If it lasts, tell the people who run the network; the log says more.</source>
        <translation>Sigue intentándolo. Si continúa, avisa a quien administra la red; el registro dice más.</translation>
    </message>
    <message>
        <source>Check this computer&apos;s date and time, then try again. If a company or a school runs this network, tell it that the download is held up.</source>
        <translation>Comprueba la fecha y la hora de este equipo y vuelve a intentarlo. Si la red es de una empresa o de una escuela, avísale de que la descarga no pasa.</translation>
    </message>
    <message>
        <source>A computer that says it is this one has joined already.</source>
        <translation>Ya se ha unido un equipo que dice ser este.</translation>
    </message>
    <message>
        <source>Another computer has used this invitation.</source>
        <translation>Otro equipo ya ha usado esta invitación.</translation>
    </message>
    <message>
        <source>Install a Python from 3.11 to 3.14 that was made for this system, then try again; or use the application or the container instead.</source>
        <translation>Instala un Python de la versión 3.11 a la 3.14 hecho para este sistema y vuelve a intentarlo, o usa la aplicación o el contenedor.</translation>
    </message>
    <message>
        <source>It is busy at the moment.</source>
        <translation>Está ocupado en este momento.</translation>
    </message>
    <message>
        <source>It is not known which network to join.</source>
        <translation>No se sabe a qué red unirse.</translation>
    </message>
    <message>
        <source>It may just be starting; if it lasts, `qubix-worker stop` ends it.</source>
        <translation>Quizá solo esté iniciándose; si continúa, `qubix-worker stop` lo termina.</translation>
    </message>
    <message>
        <source>Join the network again from its page.</source>
        <translation>Únete de nuevo a la red desde su página.</translation>
    </message>
    <message>
        <source>Joining the network</source>
        <translation>Uniéndose a la red</translation>
    </message>
    <message>
        <source>Leaving the former network</source>
        <translation>Saliendo de la red anterior</translation>
    </message>
    <message>
        <source>Leaving the network</source>
        <translation>Saliendo de la red</translation>
    </message>
    <message>
        <source>Move that file away, or choose another folder (QUBIX_HOME), then try again.</source>
        <translation>Quita ese archivo de ahí o elige otra carpeta (QUBIX_HOME) y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>No computer named {host} could be found.</source>
        <translation>No se encontró ningún equipo llamado {host}.</translation>
    </message>
    <message>
        <source>Nothing needs to be done for a job; if nothing works, join the network again.</source>
        <translation>Por un trabajo no hay que hacer nada; si nada funciona, únete de nuevo a la red.</translation>
    </message>
    <message>
        <source>Nothing needs to be done: the network has given the job to another, or ended it.</source>
        <translation>No hay que hacer nada: la red ha dado el trabajo a otro equipo o lo ha terminado.</translation>
    </message>
    <message>
        <source>Nothing needs to be done; it may be made again at any time.</source>
        <translation>No hay que hacer nada; puede repetirse en cualquier momento.</translation>
    </message>
    <message>
        <source>Nothing to do.</source>
        <translation>No hay nada que hacer.</translation>
    </message>
    <message>
        <source>One of the libraries that QUBIX needs is not there for this system and its Python.</source>
        <translation>Una de las bibliotecas que necesita el programa no existe para este sistema y su Python.</translation>
    </message>
    <message>
        <source>Open any web page and sign in there as this network asks; then it can go on.</source>
        <translation>Abre cualquier página web e inicia sesión como pide esta red; después podrá seguir.</translation>
    </message>
    <message>
        <source>Open the network&apos;s page again and press Share my GPU for a new one.</source>
        <translation>Abre de nuevo la página de la red y pulsa Share my GPU para obtener otro.</translation>
    </message>
    <message>
        <source>Open the network&apos;s page and press Share my GPU.</source>
        <translation>Abre la página de la red y pulsa Share my GPU.</translation>
    </message>
    <message>
        <source>Preparing the software</source>
        <translation>Preparando el programa</translation>
    </message>
    <message>
        <source>Put that file back, or change any setting, which writes it anew: without it, the next start takes the defaults.</source>
        <translation>Devuelve ese archivo o cambia cualquier ajuste, lo que lo escribe de nuevo: sin él, el próximo inicio toma los valores iniciales.</translation>
    </message>
    <message>
        <source>Put them into the proxy&apos;s address in the system&apos;s settings, then try again.</source>
        <translation>Ponlos en la dirección del proxy en los ajustes del sistema y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>QUBIX is already sharing this computer{0}.</source>
        <translation>QUBIX ya está compartiendo este equipo{0}.</translation>
    </message>
    <message>
        <source>QUBIX is not running on this computer.</source>
        <translation>QUBIX no se está ejecutando en este equipo.</translation>
    </message>
    <message>
        <source>QUBIX is running on this computer, but cannot be spoken to.</source>
        <translation>QUBIX se está ejecutando en este equipo, pero no responde.</translation>
    </message>
    <message>
        <source>Removing the program</source>
        <translation>Quitando el programa</translation>
    </message>
    <message>
        <source>Restart this computer.</source>
        <translation>Reinicia este equipo.</translation>
    </message>
    <message>
        <source>Restart this computer; if it lasts, install the driver anew.</source>
        <translation>Reinicia este equipo; si continúa, instala de nuevo el controlador.</translation>
    </message>
    <message>
        <source>Resting outside the hours in which this computer shares.</source>
        <translation>En reposo, fuera del horario en que este equipo comparte.</translation>
    </message>
    <message>
        <source>Resting until {0} has cooled down: it was at {1} °C.</source>
        <translation>En reposo hasta que se enfríe {0}: estaba a {1} °C.</translation>
    </message>
    <message>
        <source>Resting while somebody uses this computer.</source>
        <translation>En reposo mientras alguien usa este equipo.</translation>
    </message>
    <message>
        <source>Resting while the connection is one that is paid by use.</source>
        <translation>En reposo mientras la conexión se paga por uso.</translation>
    </message>
    <message>
        <source>Resting while this computer runs on battery.</source>
        <translation>En reposo mientras este equipo funciona con batería.</translation>
    </message>
    <message>
        <source>Resting, since this computer does not tell whether somebody uses it. Sharing also while it is in use can be allowed in the settings.</source>
        <translation>En reposo, ya que este equipo no dice si alguien lo usa. En los ajustes se puede permitir compartir también mientras se usa.</translation>
    </message>
    <message>
        <source>Run setup again.</source>
        <translation>Ejecuta de nuevo la instalación.</translation>
    </message>
    <message>
        <source>Save that file as UTF-8, then try again.</source>
        <translation>Guarda ese archivo como UTF-8 y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Saving your choices</source>
        <translation>Guardando tus elecciones</translation>
    </message>
    <message>
        <source>See that Podman or Docker runs on this computer; then it goes on by itself.</source>
        <translation>Haz que Podman o Docker funcione en este equipo; después seguirá solo.</translation>
    </message>
    <message>
        <source>See that this computer reaches the internet; jobs are taken again in a minute.</source>
        <translation>Comprueba que este equipo llega a internet; en un minuto se aceptarán trabajos de nuevo.</translation>
    </message>
    <message>
        <source>See to it that this account can read that file.</source>
        <translation>Haz que esta cuenta pueda leer ese archivo.</translation>
    </message>
    <message>
        <source>Set a proxy for the web (HTTP) in the system&apos;s settings, then try again.</source>
        <translation>Configura un proxy para la web (HTTP) en los ajustes del sistema y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Something else has changed who this computer is while it joined.</source>
        <translation>Otra cosa ha cambiado la identidad de este equipo mientras se unía.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong ({0}: {1}{2}).</source>
        <translation>Algo inesperado ha fallado ({0}: {1}{2}).</translation>
    </message>
    <message>
        <source>Start it with `qubix-worker run`, or from the application.</source>
        <translation>Inícialo con `qubix-worker run` o desde la aplicación.</translation>
    </message>
    <message>
        <source>Starting at sign-in</source>
        <translation>Inicio con la sesión</translation>
    </message>
    <message>
        <source>Starting to share</source>
        <translation>Empezando a compartir</translation>
    </message>
    <message>
        <source>Stop it with `qubix-worker stop`, then start it again: that makes a new one.</source>
        <translation>Páralo con `qubix-worker stop` e inícialo de nuevo: eso crea otra.</translation>
    </message>
    <message>
        <source>Stop it, then start it again.</source>
        <translation>Páralo e inícialo de nuevo.</translation>
    </message>
    <message>
        <source>Stopping to share</source>
        <translation>Dejando de compartir</translation>
    </message>
    <message>
        <source>Successfully installed</source>
        <translation>Instalado correctamente</translation>
    </message>
    <message>
        <source>Tell the people who run the network. The result is kept in the folder spool/refused.</source>
        <translation>Avisa a quien administra la red. El resultado se guarda en la carpeta spool/refused.</translation>
    </message>
    <message>
        <source>Tell the people who run the network; waiting will not mend it.</source>
        <translation>Avisa a quien administra la red; esperar no lo arreglará.</translation>
    </message>
    <message>
        <source>That can&apos;t be set: {0}.</source>
        <translation>Eso no se puede ajustar: {0}.</translation>
    </message>
    <message>
        <source>The NVIDIA driver did not answer.</source>
        <translation>El controlador de NVIDIA no respondió.</translation>
    </message>
    <message>
        <source>The NVIDIA driver is installed, but does not run.</source>
        <translation>El controlador de NVIDIA está instalado, pero no funciona.</translation>
    </message>
    <message>
        <source>The NVIDIA driver reports that it does not work.</source>
        <translation>El controlador de NVIDIA informa de que no funciona.</translation>
    </message>
    <message>
        <source>The NVIDIA driver was updated, but its old version still runs.</source>
        <translation>El controlador de NVIDIA se actualizó, pero aún se usa la versión anterior.</translation>
    </message>
    <message>
        <source>The Python on this computer comes without the part that makes environments (venv).</source>
        <translation>El Python de este equipo viene sin la parte que crea entornos (venv).</translation>
    </message>
    <message>
        <source>The call to {host} was ended from here.</source>
        <translation>La llamada a {host} se terminó desde aquí.</translation>
    </message>
    <message>
        <source>The certificate of {host} has expired at the time that this computer shows.</source>
        <translation>El certificado de {host} ha caducado según el reloj de este equipo.</translation>
    </message>
    <message>
        <source>The certificate of {host} is not valid yet at the time that this computer shows.</source>
        <translation>El certificado de {host} aún no es válido según el reloj de este equipo.</translation>
    </message>
    <message>
        <source>The connection to {host} failed.</source>
        <translation>La conexión con {host} falló.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: its certificate could not be checked.</source>
        <translation>La conexión con {host} no es segura: no se pudo comprobar su certificado.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: its certificate is vouched for by nobody but itself.</source>
        <translation>La conexión con {host} no es segura: solo el propio certificado responde por sí mismo.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: the certificate there is for another name.</source>
        <translation>La conexión con {host} no es segura: el certificado de allí es de otro nombre.</translation>
    </message>
    <message>
        <source>The connection to {host} is not secure: this computer does not know the authority that vouches for its certificate.</source>
        <translation>La conexión con {host} no es segura: este equipo no conoce la autoridad que responde por su certificado.</translation>
    </message>
    <message>
        <source>The disk does not take a result; it is kept in memory meanwhile.</source>
        <translation>El disco no acepta un resultado; mientras tanto se guarda en la memoria.</translation>
    </message>
    <message>
        <source>The file that says who this computer is ({0}) is damaged.</source>
        <translation>El archivo que dice quién es este equipo ({0}) está dañado.</translation>
    </message>
    <message>
        <source>Talking to the network failed in an unexpected way ({0}).</source>
        <translation>El contacto con la red falló de forma inesperada ({0}).</translation>
    </message>
    <message>
        <source>The key in {0} cannot be read ({1}).</source>
        <translation>No se puede leer la clave de {0} ({1}).</translation>
    </message>
    <message>
        <source>The libraries could not be fetched over a secure connection.</source>
        <translation>No se pudieron descargar las bibliotecas por una conexión segura.</translation>
    </message>
    <message>
        <source>The libraries that QUBIX needs could not be fetched from the internet.</source>
        <translation>No se pudieron descargar de internet las bibliotecas necesarias.</translation>
    </message>
    <message>
        <source>The network could not be told ({0}).</source>
        <translation>No se pudo avisar a la red ({0}).</translation>
    </message>
    <message>
        <source>The network has not heard from this computer yet.</source>
        <translation>La red aún no ha tenido noticias de este equipo.</translation>
    </message>
    <message>
        <source>The network&apos;s address is missing.</source>
        <translation>Falta la dirección de la red.</translation>
    </message>
    <message>
        <source>The network&apos;s server ({host}) is too old for this version of QUBIX.</source>
        <translation>El servidor de la red ({host}) es demasiado antiguo para esta versión de QUBIX.</translation>
    </message>
    <message>
        <source>The proxy of this network did not let the connection to {host} through.</source>
        <translation>El proxy de esta red no dejó pasar la conexión con {host}.</translation>
    </message>
    <message>
        <source>The proxy of this network did not let the download through.</source>
        <translation>El proxy de esta red no dejó pasar la descarga.</translation>
    </message>
    <message>
        <source>The proxy of this network wants a name and a password.</source>
        <translation>El proxy de esta red pide un nombre y una contraseña.</translation>
    </message>
    <message>
        <source>The proxy that this computer is set to use cannot be reached.</source>
        <translation>No se puede llegar al proxy que este equipo tiene configurado.</translation>
    </message>
    <message>
        <source>The proxy that this computer is set to use is of a kind that QUBIX does not speak.</source>
        <translation>El proxy que este equipo tiene configurado es de un tipo que QUBIX no usa.</translation>
    </message>
    <message>
        <source>The result could not be handed in, though the server could be reached: {0} The computer that did the job keeps it for a while (spool/refused).</source>
        <translation>El resultado no pudo entregarse, aunque el servidor responde: {0} El equipo que hizo el trabajo lo guarda un tiempo (spool/refused).</translation>
    </message>
    <message>
        <source>The result is larger than the server takes.</source>
        <translation>El resultado es mayor de lo que el servidor acepta.</translation>
    </message>
    <message>
        <source>The result of a job could not be handed in: {0}</source>
        <translation>El resultado de un trabajo no pudo entregarse: {0}</translation>
    </message>
    <message>
        <source>What shares here now has another key than the one that is kept in {0}.</source>
        <translation>El QUBIX en ejecución tiene una clave distinta de la guardada en {0}.</translation>
    </message>
    <message>
        <source>What shares here now speaks in a way that this program does not understand ({0}).</source>
        <translation>El QUBIX en ejecución habla de un modo que este programa no entiende ({0}).</translation>
    </message>
    <message>
        <source>The server is probably not running. Try again in a few minutes.</source>
        <translation>Es probable que el servidor no esté funcionando. Vuelve a intentarlo en unos minutos.</translation>
    </message>
    <message>
        <source>The server&apos;s answer was too long to be read.</source>
        <translation>La respuesta del servidor era demasiado larga para leerla.</translation>
    </message>
    <message>
        <source>The settings in {0} are gone; those from before stay in force.</source>
        <translation>Los ajustes de {0} han desaparecido; los anteriores siguen vigentes.</translation>
    </message>
    <message>
        <source>The settings in {0} cannot be used: {1}.</source>
        <translation>Los ajustes de {0} no se pueden usar: {1}.</translation>
    </message>
    <message>
        <source>The software could not be prepared ({0}).</source>
        <translation>No se pudo preparar el programa ({0}).</translation>
    </message>
    <message>
        <source>The software could not be prepared.</source>
        <translation>No se pudo preparar el programa.</translation>
    </message>
    <message>
        <source>The system&apos;s settings leave the choice of a proxy to a script, which QUBIX cannot run: enter the proxy&apos;s address there by hand, or ask the people who run this network for it.</source>
        <translation>Los ajustes del sistema dejan la elección del proxy a un script, que QUBIX no puede ejecutar: escribe allí la dirección del proxy o pídela a quien administra esta red.</translation>
    </message>
    <message>
        <source>Sharing could not be started: {0}</source>
        <translation>No se pudo empezar a compartir: {0}</translation>
    </message>
    <message>
        <source>Sharing did not answer within {0} seconds.</source>
        <translation>QUBIX no respondió en {0} segundos.</translation>
    </message>
    <message>
        <source>Sharing did not end within {0} seconds.</source>
        <translation>QUBIX no terminó en {0} segundos.</translation>
    </message>
    <message>
        <source>That was refused: {0}.</source>
        <translation>QUBIX lo rechazó: {0}.</translation>
    </message>
    <message>
        <source>There is no room left on the disk.</source>
        <translation>No queda espacio en el disco.</translation>
    </message>
    <message>
        <source>There is no room left on the disk{0}.</source>
        <translation>No queda espacio en el disco{0}.</translation>
    </message>
    <message>
        <source>There is nothing to do; `qubix-worker status` shows it.</source>
        <translation>No hay nada que hacer; `qubix-worker status` lo muestra.</translation>
    </message>
    <message>
        <source>There were too many tries in a short time.</source>
        <translation>Hubo demasiados intentos en poco tiempo.</translation>
    </message>
    <message>
        <source>This account may not write here{0}.</source>
        <translation>Esta cuenta no puede escribir aquí{0}.</translation>
    </message>
    <message>
        <source>This computer did not tell in time which graphics cards it has.</source>
        <translation>Este equipo no dijo a tiempo qué tarjetas gráficas tiene.</translation>
    </message>
    <message>
        <source>This computer did not tell its {0} ({1}).</source>
        <translation>Este equipo no informó: {0} ({1}).</translation>
    </message>
    <message>
        <source>This computer did not tell this in time.</source>
        <translation>Este equipo no informó de esto a tiempo.</translation>
    </message>
    <message>
        <source>This computer has no invitation to the network yet.</source>
        <translation>Este equipo aún no tiene una invitación a la red.</translation>
    </message>
    <message>
        <source>This computer is not known here any more.</source>
        <translation>Este equipo ya no se conoce aquí.</translation>
    </message>
    <message>
        <source>This computer is not let in here.</source>
        <translation>Aquí no se deja entrar a este equipo.</translation>
    </message>
    <message>
        <source>This invitation has ended.</source>
        <translation>Esta invitación ha caducado.</translation>
    </message>
    <message>
        <source>This invitation is not known.</source>
        <translation>Esta invitación no se conoce.</translation>
    </message>
    <message>
        <source>This network lets nobody through to {host} before they have signed in.</source>
        <translation>Esta red no deja llegar a nadie a {host} antes de iniciar sesión.</translation>
    </message>
    <message>
        <source>Too much was asked of it at once.</source>
        <translation>Se le pidió demasiado a la vez.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, restart this computer.</source>
        <translation>Vuelve a intentarlo; si continúa, reinicia este equipo.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, send the log to the people who run the network.</source>
        <translation>Vuelve a intentarlo; si continúa, envía el registro a quien administra la red.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, tell the people who run the network.</source>
        <translation>Vuelve a intentarlo; si continúa, avisa a quien administra la red.</translation>
    </message>
    <message>
        <source>Try again; if it lasts, use Copy for support and send it to the people who run the network.</source>
        <translation>Vuelve a intentarlo; si continúa, usa Copiar para soporte y envíalo a quien administra la red.</translation>
    </message>
    <message>
        <source>Try again; the log tells more.</source>
        <translation>Vuelve a intentarlo; el registro dice más.</translation>
    </message>
    <message>
        <source>Type it as it stands on the page where you got the code.</source>
        <translation>Escríbela como está en la página donde obtuviste el código.</translation>
    </message>
    <message>
        <source>Type the code as it stands on the network&apos;s page.</source>
        <translation>Escribe el código como está en la página de la red.</translation>
    </message>
    <message>
        <source>Type the network&apos;s address.</source>
        <translation>Escribe la dirección de la red.</translation>
    </message>
    <message>
        <source>Use the account that shares this computer; if it is that one, delete this file, then stop sharing and start it again.</source>
        <translation>Usa la cuenta que comparte este equipo; si ya es esa, borra este archivo, para QUBIX e inícialo de nuevo.</translation>
    </message>
    <message>
        <source>Wait a few minutes; if it lasts, tell the people who run the network.</source>
        <translation>Espera unos minutos; si continúa, avisa a quien administra la red.</translation>
    </message>
    <message>
        <source>Wait a minute, then try again; the log tells more.</source>
        <translation>Espera un minuto y vuelve a intentarlo; el registro dice más.</translation>
    </message>
    <message>
        <source>Wait a moment and try again; if it lasts, `qubix-worker stop` ends it.</source>
        <translation>Espera un momento y vuelve a intentarlo; si continúa, `qubix-worker stop` lo termina.</translation>
    </message>
    <message>
        <source>Wait until it has ended, or end it, then try again.</source>
        <translation>Espera a que termine, o termínala, y vuelve a intentarlo.</translation>
    </message>
    <message>
        <source>What answered at {0} is not a QUBIX server ({1}).</source>
        <translation>Lo que respondió en {0} no es un servidor de QUBIX ({1}).</translation>
    </message>
    <message>
        <source>What answers at {host} does not speak the secure protocol.</source>
        <translation>Lo que responde en {host} no usa el protocolo seguro.</translation>
    </message>
    <message>
        <source>What {0} told could not be understood.</source>
        <translation>No se pudo entender lo que informó {0}.</translation>
    </message>
    <message>
        <source>You asked for a pause.</source>
        <translation>Pediste una pausa.</translation>
    </message>
    <message>
        <source>asking the network</source>
        <translation>preguntando a la red</translation>
    </message>
    <message>
        <source>ending the former one</source>
        <translation>terminando el anterior</translation>
    </message>
    <message>
        <source>for when it has joined</source>
        <translation>para cuando se haya unido</translation>
    </message>
    <message>
        <source>it did not answer in time</source>
        <translation>no respondió a tiempo</translation>
    </message>
    <message>
        <source>it ended at once, with {0}</source>
        <translation>terminó enseguida, con {0}</translation>
    </message>
    <message>
        <source>kind of machine</source>
        <translation>el tipo de máquina</translation>
    </message>
    <message>
        <source>looking at this computer</source>
        <translation>examinando este equipo</translation>
    </message>
    <message>
        <source>making room for it</source>
        <translation>preparando el lugar</translation>
    </message>
    <message>
        <source>putting it in place</source>
        <translation>colocándolo en su sitio</translation>
    </message>
    <message>
        <source>the NVIDIA driver</source>
        <translation>el controlador de NVIDIA</translation>
    </message>
    <message>
        <source>the graphics card {0}</source>
        <translation>la tarjeta gráfica {0}</translation>
    </message>
    <message>
        <source>the processor</source>
        <translation>el procesador</translation>
    </message>
    <message>
        <source>the worker&apos;s list of libraries is a part of it</source>
        <translation>la lista de bibliotecas es parte de él</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>este equipo</translation>
    </message>
    <message>
        <source>timed out</source>
        <translation>tiempo agotado</translation>
    </message>
    <message>
        <source>{0} answered: {1}</source>
        <translation>{0} respondió: {1}</translation>
    </message>
    <message>
        <source>{host} answered: It has trouble at the moment.</source>
        <translation>{host} respondió: Tiene problemas en este momento.</translation>
    </message>
    <message>
        <source>{host} can be reached, but nothing answers there.</source>
        <translation>Se llega a {host}, pero allí nada responde.</translation>
    </message>
    <message>
        <source>{host} did not answer in time.</source>
        <translation>{host} no respondió a tiempo.</translation>
    </message>
    <message>
        <source>“{0}” is not the address of a network.</source>
        <translation>«{0}» no es la dirección de una red.</translation>
    </message>
</context>
</TS>
